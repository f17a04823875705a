"""Answers calls of the socket module: reads a JSON list of [function, arguments], writes one of [kind, value].

The name of the host is that in the environment variable HOST.

kind is "ok", or that of an error: "gaierror" and "herror" with their number, otherwise its class with its text.
Hosts are bytes, so that glibc sees them as they are: no IDNA in between.
"""

import json
import os
import socket
import sys

# The place of the host among the arguments.
HOSTS = {"getaddrinfo": 0, "gethostbyname": 0, "gethostbyname_ex": 0, "gethostbyaddr": 0}


def plain(value):
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (tuple, list)):
        return [plain(v) for v in value]
    return value


def call(function, args):
    at = HOSTS.get(function)
    if at is not None and isinstance(args[at], str):
        args[at] = args[at].encode()
    if function == "getnameinfo":
        args[0] = tuple(args[0])
    try:
        return ["ok", plain(getattr(socket, function)(*args))]
    except (socket.gaierror, socket.herror) as e:
        return [type(e).__name__, e.errno]
    except (OSError, ValueError, OverflowError) as e:
        return [type(e).__name__, str(e)]


if __name__ == "__main__":
    socket.sethostname(os.environ["HOST"])
    json.dump([call(function, args) for function, args in json.load(sys.stdin)], sys.stdout)
