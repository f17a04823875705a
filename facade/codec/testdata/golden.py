"""Writes golden.json and pairs.json: what CPython's codecs answer. Run by hand, with
CPython 3.11.

Text is in UTF-8 with surrogates, and both text and bytes are in hexadecimal; None
is an error.
"""

import codecs
import encodings.aliases
import itertools
import json
import os

UTF = ["ascii", "latin-1", "utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be",
       "utf-32", "utf-32-le", "utf-32-be"]
SINGLE = (["iso8859-%d" % i for i in (2, 3, 4, 5, 6, 7, 8, 9, 10, 13, 14, 15, 16)]
          + ["koi8-r", "koi8-u", "cp874", "mac-roman", "mac-cyrillic"]
          + ["cp%d" % i for i in range(1250, 1259)]
          + ["cp%03d" % i for i in (37, 437, 850, 852, 855, 858, 860, 862, 863, 865, 866, 1140)])
WIDE = ["gb18030", "gbk", "gb2312", "big5", "cp950", "big5hkscs", "euc_jp", "shift_jis", "cp932",
        "iso2022_jp", "euc_kr", "cp949"]
HANDLERS = ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "surrogateescape"]

MALFORMED = {
    "ascii": ["41e942", "ff"],
    "latin-1": ["00417fff"],
    "utf-8": ["41ff42", "e28241", "e282", "c080", "eda080", "edb2a9", "f0908041", "f4908080", "f8808080", "41c3",
              "f09f98", "f09f9880", "80", "c3a9e9"],
    # A part of a mark at the end, as "efbb", CPython loses; here it is malformed.
    "utf-8-sig": ["efbbbf41", "efbb41", "41", "efbbbfefbbbf", "efbbbfe282"],
    "utf-16": ["fffe4100", "feff0041", "fffe", "fffe3dd84100", "feffd83dde00", "fffe41", "fffefffe", ""],
    "utf-16-le": ["41003dd800de4200", "00dc4100", "3dd84100", "3dd8", "3dd800", "41", "fffe"],
    "utf-16-be": ["0041d83dde000042", "dc000041", "d83d0041", "d83d", "d83dde", "41"],
    "utf-32": ["fffe000041000000", "0000feff00000041", "fffe0000", "fffe000000d80000"],
    "utf-32-le": ["00d8000041000000", "0000110041000000", "41", "410000", "00f60100"],
    "utf-32-be": ["0000d80000000041", "0011000000000041", "00", "0001f600"],
}
TEXTS = ["", "plain", "caf\u00e9", "\u20ac 5", "\U0001f600", "\u65e5\u672c", "a\udce9b", "\ufffd", "\u0416\u03b1",
         "\ufeffx", "\x00\x7f\x80\xff"]
SAMPLES = {
    "gb18030": "\u4e2d\u6587 abc \u00e9\U0001f600\ufffd", "gbk": "\u4e2d\u6587 abc\u570b", "gb2312": "\u4e2d\u6587 abc",
    "big5": "\u4e2d\u6587 abc", "cp950": "\u4e2d\u6587 abc", "big5hkscs": "\u4e2d\u6587 abc",
    "euc_jp": "\u65e5\u672c\u8a9e abc \uff76\u30ab\u3002\u4e02", "shift_jis": "\u65e5\u672c\u8a9e abc \uff76\u30ab",
    "cp932": "\u65e5\u672c\u8a9e abc \u2460\uff76", "iso2022_jp": "a\u65e5\u672c\nb\u8a9e c",
    "euc_kr": "\ud55c\uad6d\uc5b4 abc", "cp949": "\ud55c\uad6d\uc5b4 abc \ub6a0",
}


def as_hex(text):
    return text.encode("utf-8", "surrogatepass").hex()


def decode(name, errors, data):
    try:
        return as_hex(codecs.getincrementaldecoder(name)(errors).decode(data, True))
    except (UnicodeError, TypeError):
        return None


def encode(name, errors, text):
    try:
        return codecs.getincrementalencoder(name)(errors).encode(text).hex()
    except UnicodeError:
        return None


def names():
    found = {}
    for name in UTF + SINGLE + WIDE:
        canonical = codecs.lookup(name).name
        found[name] = canonical
        for alias, module in encodings.aliases.aliases.items():
            if module not in ("mbcs", "oem") and codecs.lookup(module).name == canonical:
                found[alias] = canonical
    return found


def pairs():
    """The character of each lead byte and trail byte, a space where there is none."""
    tables = {}
    for name in ["euc_jp", "euc_kr", "gb2312", "shift_jis"]:
        tables[name] = {}
        for lead in range(0x81, 0xff):
            row = "".join(pair(name, lead, trail) for trail in range(0x40, 0xff))
            if row.strip():
                tables[name]["%02x" % lead] = row
    return tables


def pair(name, lead, trail):
    try:
        text = bytes([lead, trail]).decode(name)
    except UnicodeError:
        return " "
    return text if len(text) == 1 else " "


def write(name, out):
    with open(os.path.join(os.path.dirname(__file__), name), "w", encoding="utf-8") as f:
        json.dump(out, f, indent=0, separators=(",", ":"), ensure_ascii=False)
        f.write("\n")


def main():
    out = {"names": names(), "tables": {}, "decode": [], "encode": []}
    for name in SINGLE + ["latin-1", "ascii"]:
        out["tables"][name] = [decode(name, "strict", bytes([b])) for b in range(256)]
    for name, errors in itertools.product(UTF, HANDLERS):
        for data in MALFORMED[name]:
            out["decode"].append([name, errors, data, decode(name, errors, bytes.fromhex(data))])
    for name, errors, text in itertools.product(UTF + ["cp1252", "koi8-r", "cp037"], HANDLERS, TEXTS):
        if text:
            out["encode"].append([name, errors, as_hex(text), encode(name, errors, text)])
    for name, text in SAMPLES.items():
        data = text.encode(name)
        out["decode"].append([name, "strict", data.hex(), as_hex(text)])
        out["encode"].append([name, "strict", as_hex(text), encode(name, "strict", text)])
        for errors in HANDLERS:
            out["encode"].append([name, errors, as_hex("x\u0e01y"), encode(name, errors, "x\u0e01y")])
    write("golden.json", out)
    write("pairs.json", pairs())


main()
