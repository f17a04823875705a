"""Writes makefile.json: what CPython's socket.makefile reads and writes. Run by
hand, with CPython 3.11.

Text is in UTF-8 with surrogates; text and bytes are in hexadecimal. What was read
after an error is not shown.
"""

import _pyio
import itertools
import json
import os
import socket

NEWLINES = [None, "", "\n", "\r", "\r\n"]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-be", "utf-32", "ascii", "latin-1", "cp1252", "koi8-r",
             "gb18030", "shift_jis", "euc_jp", "iso2022_jp", "euc_kr", "big5"]
LINES = "one\ntwo\r\nthree\rfour\n\r\n\r\r\n\nlast"
LETTERS = {"utf-8": "\u20ac\U0001f600", "utf-8-sig": "\ufeff\u20ac", "utf-16": "\u20ac\U0001f600",
           "utf-16-be": "\u0d0a\U0001f600", "utf-32": "\u20ac\U0001f600", "latin-1": "\u00e9\u0085",
           "cp1252": "\u20ac\u00e9", "koi8-r": "\u0416", "gb18030": "\u4e2d\U0001f600", "shift_jis": "\u65e5\u8868",
           "euc_jp": "\u65e5\u672c", "iso2022_jp": "\u65e5\u672c", "euc_kr": "\ud55c\uad6d", "big5": "\u4e2d\u6587"}
MALFORMED = [("utf-8", b"good\nb\xffad\xe2\x82\nmore\xe2\x82"), ("ascii", b"caf\xe9\nend\n"),
             ("utf-16-le", "a\n".encode("utf-16-le") + b"\x00\xdcb\x00\n\x00c"), ("cp1252", b"a\x81b\n")]
WRITES = [["one\n", "two\r\nthree\r", "\n", "\n\n", "", "end"], ["no newline"], ["\n"]]
UNENCODABLE = [("ascii", "caf\u00e9 \u20ac\U0001f600\n"), ("cp1252", "\u0416\n"), ("iso2022_jp", "a\u65e5\u0e01b\n"),
               ("latin-1", "\u20ac\n"), ("utf-8", "\udce9\n")]
HANDLERS = ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "surrogateescape"]


def as_hex(text):
    return text.encode("utf-8", "surrogatepass").hex()


def read(data, encoding, errors, newline):
    a, b = socket.socketpair()
    with a, b:
        a.sendall(data)
        a.close()
        with b.makefile("r", encoding=encoding, errors=errors, newline=newline) as f:
            lines = []
            try:
                for line in f:
                    lines.append(as_hex(line))
            except (UnicodeError, TypeError):
                return None
            return lines


def write(texts, encoding, errors, newline):
    a, b = socket.socketpair()
    with a, b:
        if encoding in ("utf-16", "utf-32"):
            # io in C leaves out the byte order mark where it cannot seek, so
            # that its own files cannot read what they write. Its twin in Python
            # has it.
            f = _pyio.TextIOWrapper(a.makefile("wb"), encoding=encoding, errors=errors, newline=newline)
        else:
            f = a.makefile("w", encoding=encoding, errors=errors, newline=newline)
        try:
            for text in texts:
                f.write(text)
            f.flush()
        except UnicodeError:
            return None
        finally:
            f.close()
            a.close()
        with b.makefile("rb") as back:
            return back.read().hex()


def main():
    reads, writes = [], []

    def add_read(data, encoding, errors, newline):
        reads.append({"bytes": data.hex(), "encoding": encoding, "errors": errors, "newline": newline,
                      "lines": read(data, encoding, errors, newline)})

    def add_write(texts, encoding, errors, newline):
        writes.append({"texts": [as_hex(t) for t in texts], "encoding": encoding, "errors": errors,
                       "newline": newline, "bytes": write(texts, encoding, errors, newline)})

    for encoding, newline in itertools.product(ENCODINGS, NEWLINES):
        letters = LETTERS.get(encoding, "")
        add_read((letters + LINES + letters + "\r").encode(encoding), encoding, "strict", newline)
        for texts in WRITES:
            add_write([letters] + texts + [letters], encoding, "strict", newline)
    for (encoding, data), errors, newline in itertools.product(MALFORMED, HANDLERS, [None, ""]):
        add_read(data, encoding, errors, newline)
    for (encoding, text), errors in itertools.product(UNENCODABLE, HANDLERS):
        add_write([text], encoding, errors, "\r\n")
    with open(os.path.join(os.path.dirname(__file__), "makefile.json"), "w") as f:
        json.dump({"reads": reads, "writes": writes}, f, indent=0, separators=(",", ":"))
        f.write("\n")


main()
