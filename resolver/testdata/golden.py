"""What CPython and glibc answer, one JSON object a line: [function, arguments, result or error].

Nothing here needs a name server. Run with CPython 3.11 in a network namespace with only the loopback, where /etc/services and
/etc/protocols are those of this folder:

    unshare -mn sh -c 'ip link set lo up && mount --bind services /etc/services && mount --bind protocols /etc/protocols &&
        /usr/bin/python3 golden.py > golden.jsonl'
"""

import ctypes
import itertools
import json
import random
import socket

libc = ctypes.CDLL(None)
libc.gai_strerror.restype = libc.hstrerror.restype = ctypes.c_char_p


def dump(line):
    return json.dumps(line, separators=(",", ":"))


def record(function, *args):
    arguments = [a.hex() if isinstance(a, bytes) else a for a in args]
    try:
        result = getattr(socket, function)(*args)
        if isinstance(result, bytes):
            result = result.hex()
        print(dump({"function": function, "arguments": arguments, "result": result}))
    except socket.gaierror as e:
        print(dump({"function": function, "arguments": arguments, "error": e.errno}))
    except (OSError, ValueError, OverflowError):
        print(dump({"function": function, "arguments": arguments, "error": "refused"}))


def texts():
    # glibc 2.36 has no text for EAI_OVERFLOW (-12); later ones have.
    for code in [*range(-11, 0), *range(-105, -99)]:
        print(dump({"function": "gai_strerror", "arguments": [code], "result": libc.gai_strerror(code).decode()}))
    for code in range(1, 5):
        print(dump({"function": "hstrerror", "arguments": [code], "result": libc.hstrerror(code).decode()}))


V4 = """0.0.0.0 255.255.255.255 127.0.0.1 1.2.3.4 1.2.3 1.2 1 0 0x7f.1 0x7f000001 017700000001 0X7F.0.0.1 01.02.03.04 1.2.0xffff
1.2.0x10000 1.0xffffff 1.0x1000000 4294967295 4294967296 256.1.1.1 1.256.1.1 1.1.1.256 1.1.256 08.1.1.1 1.2.3.4. 1.2.3. .1.2.3.4
1..2 1.2.3.4.5 a b.c 1.2.3.a 0x 0x.1 0xg 1_0.1 +1.2.3.4 -1 1.-2 :: ::1 % 1.2.3.4%1 00000000001.1 037777777777 040000000000
300.10.20.30 1::1 0.0.0. 18446744073709551616 99999999999999999999999 1.2.3.0x4 1.2.3.00 0.0.0.0x""".split()

V6 = """:: ::1 1:: 0::0 1::abq: 45ef:76cb:1a:56ef:afeb:bac:1924:aeae 1:2:3:4:5:6:7:8 1:2:3:4:5:6:7:: ::2:3:4:5:6:7:8 1:2:3:4:5:6:7::8
1::3:4:5:6:7:8 1:2:3:4:5:6:7 1:2:3:4:5:6:7:8:9 : ::: 1::2::3 :1 1: 1:::2 12345::1 g::1 ::1.2.3.4 ::ffff:1.2.3.4 1:2:3:4:5:6:1.2.3.4
1:2:3:4:5:6:7:1.2.3.4 ::1.2.3 ::1.2.3.4.5 ::01.2.3.4 ::256.1.1.1 1.2.3.4::1 ::1.2.3.4:1 fe80::1%1 FE80::ABCD 0:0:0:0:0:0:0:0
2001:db8::1 0000:00::1 00000::1 ::0.0.1.0 ::%1 1.2.3.4 ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff 1::2:1.2.3.4 :: :x""".split()


def inet():
    for text in V4 + V6 + ["", "1.2.3.4 ", "1.2.3.4 x", "1.2.3.4\n", "\t1.2.3.4", " 1.2.3.4", "1.2 .3.4", " "]:
        record("inet_aton", text)
        record("inet_pton", socket.AF_INET, text)
        record("inet_pton", socket.AF_INET6, text)
    record("inet_pton", socket.AF_UNIX, "1.2.3.4")
    rng = random.Random(1)
    for length in (0, 3, 4, 5, 15, 16, 17):
        packed = rng.randbytes(length)
        record("inet_ntoa", packed)
        record("inet_ntop", socket.AF_INET, packed)
        record("inet_ntop", socket.AF_INET6, packed)
    record("inet_ntop", socket.AF_UNIX, bytes(4))
    # Every pattern of groups that are zero, and others at random.
    for zeros in itertools.product((0, 1), repeat=8):
        groups = [z * rng.choice((1, 0x20, 0x300, 0xABCD, 0xFFFF)) for z in zeros]
        record("inet_ntop", socket.AF_INET6, b"".join(g.to_bytes(2, "big") for g in groups))


def byteorder():
    for function in ("htons", "ntohs"):
        for x in (0, 1, 255, 256, 0x1234, 65535, 65536, -1, 1 << 34):
            record(function, x)
    for function in ("htonl", "ntohl"):
        for x in (0, 1, 0x12345678, 0xFFFFFFFF, 1 << 32, 1 << 34, -1):
            record(function, x)


HOSTS = """1.2.3.4 127.1 0x7f.1 ::1 2001:DB8::A ::ffff:1.2.3.4 fe80::1%lo fe80::1%1 fe80::1%9999 fe80::1%nosuch fe80::1% 2001:db8::1%lo
2001:db8::1%1 ff02::1%lo ff05::1%lo ::1%1 1.2.3.4%1 * 1.2.3.4. 256.1.1.1 1:2:3 ::1%4294967295 ::1%4294967296 ff02::DE1""".split() + ["1.2.3.4 ", "1.2.3.4 x"]


def getaddrinfo():
    family, socktype, flag = (0, 2, 10), (0, 1, 2, 3, 4, 5, 6, 10), (0, 1, 2, 4, 8, 16, 24, 0x20, 0x40, 0x80, 0x400, 1 << 11, 1 << 14)
    numeric = socket.AI_NUMERICHOST
    for host in [None, *HOSTS]:
        for f in family:
            for flags in flag:
                record("getaddrinfo", host, "80", f, 1, 0, flags | (numeric if host else 0))
        record("getaddrinfo", host, None, 0, 0, 0, numeric if host else 0)
    for t in socktype:
        for proto in (0, 1, 6, 17, 33, 41, 58, 89, 132, 136, 255):
            for port in (None, "80"):
                record("getaddrinfo", "1.2.3.4", port, 0, t, proto, 0)
    for f in (1, 3, 17, 99, -1):
        record("getaddrinfo", "::1", "80", f, 0, 0, 0)
    for port in (" 80", "\t80", "80 ", " ", "0", "1", "65535", "", "*", "nosuch", "-1", "80x", "0x50", "000080", "+80", "99999999999999999999"):
        for flags in (0, socket.AI_NUMERICSERV):
            for t in (0, 1, 3):
                record("getaddrinfo", "1.2.3.4", port, 0, t, 0, flags)
    for port in (None, "*"):
        record("getaddrinfo", None, port, 0, 0, 0, 0)


def getnameinfo():
    for address in (("1.2.3.4", 5), ("::1", 5), ("::1:2", 5), ("::ffff:1.2.3.4", 5), ("fe80::1", 5, 0, 1), ("fe80::1", 5, 0, 77), ("2001:db8::1", 5, 0, 1),
                    ("ff02::1", 5, 0, 1), ("ff05::1", 5, 0, 1)):
        for flags in (3, 7, 11, 3 + 16, 0x3 + 0x20, 1 << 8):
            record("getnameinfo", address, flags)


NAMES = """echo ssh domain http www ntp https Mixed-Case mixed-case mixed.alias under_score streams datagrams light shared other
twice late malformed last nosuch HTTP 80 tcp icmp""".split()
PORTS = (0, 1, 7, 22, 53, 80, 123, 443, 700, 701, 702, 703, 704, 705, 706, 707, 708, 709, 710, 65535)
PROTOS = ("tcp", "udp", "sctp", "dccp", "udplite", "TCP", "nosuch", "")


def databases():
    for name in NAMES:
        record("getservbyname", name)
        for proto in PROTOS[:-1]:
            record("getservbyname", name, proto)
    for port in PORTS:
        record("getservbyport", port)
        for proto in PROTOS[:-1]:
            record("getservbyport", port, proto)
    for name in "ip IP icmp ICMP tcp TCP Tcp udp ipv6-icmp IPv6-ICMP icmp6 malformed odd last 6 nosuch".split():
        record("getprotobyname", name)


def services():
    for name in NAMES:
        for t in (0, 1, 2, 3, 5, 6):
            for proto in (0, 6, 17, 33, 132, 136):
                record("getaddrinfo", "::1", name, 0, t, proto, 0)
        record("getaddrinfo", "::1", name, 0, 0, 0, socket.AI_NUMERICSERV)
        record("getaddrinfo", None, name, 2, 1, 0, socket.AI_PASSIVE)
    for port in PORTS:
        for flags in (0, socket.NI_DGRAM):
            record("getnameinfo", ("1.2.3.4", port), socket.NI_NUMERICHOST | flags)


texts()
databases()
services()
inet()
byteorder()
getaddrinfo()
getnameinfo()
