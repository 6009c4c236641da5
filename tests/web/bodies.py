"""Bodies of uploads as strangers send them: by name, what to say that they are and the bytes.

Whichever way a body takes, straight or through nginx, it must come to the same (test_body_file.py,
functional/test_bodies.py).
"""

from tests.web.conftest import BOUNDARY, END, MULTIPART, part

# How much is read at a time (web/body.py): what lies across its end is seen in two pieces.
_BLOCK = 2**20
_B = BOUNDARY.encode()
_HEAD = len(part("file", b"")) - len(b"\r\n")


def _file(name: str, size: int = 3000) -> bytes:
    """A file that no other body has: its name, and bytes of every kind, line ends among them."""
    return (name.encode() + b"\0\1" + bytes(range(256)) * (size // 256 + 1))[:size]


def _headers(*lines: bytes, content: bytes) -> bytes:
    """A part with these lines before its content."""
    return b"--" + _B + b"\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + content + b"\r\n"


_DISPOSITION = b'Content-Disposition: form-data; name="file"; filename="a.jpg"'


def _plain() -> dict[str, bytes]:
    return {
        "a file": part("file", _file("a file")) + END,
        "large": part("file", _file("large", 3 * _BLOCK)) + END,
        "fields around it": part("title", b"before") + part("file", _file("fields")) + part("note", b"after") + END,
        "of nothing": part("file", b"") + END,
        "another field": part("picture", _file("another")) + END,
        "no field": END,
        "two files": part("file", _file("one")) + part("file", _file("two")) + END,
        "the same twice": part("file", _file("same")) * 2 + END,
        "the name in capitals": part("FILE", _file("capitals")) + END,
        "64 parts": part("note", b"x") * 63 + part("file", _file("64 parts")) + END,
        "65 parts": part("note", b"x") * 64 + part("file", _file("65 parts")) + END,
        "a note too large": part("file", _file("too large")) + part("note", b"x" * 500_001) + END,
        "notes too large together": part("note", b"x" * 250_001) * 2 + part("file", _file("together")) + END,
    }


def _around() -> dict[str, bytes]:
    file = part("file", _file("around")) + END
    return {
        "nothing": b"",
        "no multipart at all": b"no multipart at all",
        "before it, a line": b"what stands before is not looked at\r\n" + part("file", _file("before")) + END,
        "before it, half a line": b"half a line" + file,
        "before it, an empty line": b"\r\n" + part("file", _file("empty line")) + END,
        "before it, a line feed": b"\n" + file,
        "before it, a megabyte": b"x" * _BLOCK + b"\r\n" + part("file", _file("megabyte")) + END,
        "before it, blocks but a byte": b"x" * (2 * _BLOCK - 3) + b"\r\n" + part("file", _file("byte")) + END,
        "behind it, words": part("file", _file("behind")) + END + b"nor what stands after",
        "behind it, another file": part("file", _file("first end")) + END + file,
        "behind it, a megabyte": part("file", _file("long end")) + END + b"y" * 2 * _BLOCK,
        "no line end at the end": part("file", _file("no line end")) + END.rstrip(),
        "garbage at the end": part("file", _file("garbage")) + b"--" + _B + b"garbage",
        "one dash at the end": part("file", _file("one dash")) + b"--" + _B + b"-\r\n",
        "blanks behind a delimiter": part("file", _file("blanks")) + b"--" + _B + b" \r\n" + file,
        "line feeds only": file.replace(b"\r\n", b"\n"),
        "line feeds in the head": (part("file", _file("head")).replace(b"\r\n", b"\n", 3)) + END,
        "carriage returns only": file.replace(b"\r\n", b"\r"),
    }


def _within() -> dict[str, bytes]:
    inside = {
        "a delimiter's beginning": b"\r\n--" + _B[:-1] + b"\r\n--\r\n",
        "a delimiter in a line": b"x--" + _B + b"\r\n" + b"x--" + _B + b"--\r\n",
        "a delimiter behind a line feed": b"x\n--" + _B + b"\r\n",
        "a delimiter behind a carriage return": b"x\r--" + _B + b"\r\n",
        "a longer delimiter": b"\r\n--" + _B + b"x\r\n",
        "a delimiter that is none": b"\r\n-" + _B + b"\r\n",
        "line ends": b"\r\n" * 40 + b"\r" * 40 + b"\n" * 40,
        "a carriage return last": b"\r",
        "a line end last": b"\r\n",
        "dashes last": b"\r\n--",
        "a whole form": part("file", b"inner").replace(_B, b"inner") + END.replace(_B, b"inner"),
        "a whole form of the same": b"\r\n" + part("note", b"inner") + END,
    }
    found = {f"in it, {name}": part("file", _file(name) + content) + END for name, content in inside.items()}
    # The delimiter across the end of a block, at each of its bytes, and alone behind one.
    for back in range(len(b"\r\n--" + _B + b"--\r\n") + 1):
        name = f"a block less {back}"
        found[name] = part("file", _file(name, _BLOCK - _HEAD - back)) + END
    return found


def _cut() -> dict[str, bytes]:
    file = part("file", _file("cut"))
    return {
        "cut in a header": file[: _HEAD - 20],
        "cut behind the headers": file[:_HEAD],
        "cut in the file": file[:-1000],
        "cut behind the file": file[:-2],
        "cut before the delimiter": file,
        "cut in the delimiter": file + END[:8],
        "cut behind the delimiter": file + END[: len(_B) + 2],
        "cut in the last dashes": file + END[: len(_B) + 3],
        "cut behind a further delimiter": file + END[: len(_B) + 2] + b"\r\n",
        "cut in a further part": file + part("note", b"after")[:-10],
    }


def _heads() -> dict[str, bytes]:
    nested = (
        b"Content-Disposition: form-data; name=\"file\"\r\nContent-Type: multipart/mixed; boundary=inner\r\n\r\n"
        b"--inner\r\nContent-Disposition: file; filename=\"b.jpg\"\r\n\r\n\0\1inner\r\n--inner--"
    )  # fmt: skip
    heads: dict[str, tuple[bytes, ...]] = {
        "none": (),
        "no disposition": (b"Content-Type: image/png",),
        "an attachment": (b'Content-Disposition: attachment; name="file"',),
        "no name": (b'Content-Disposition: form-data; filename="a.jpg"',),
        "a name without quotes": (b"Content-Disposition: form-data; name=file; filename=a.jpg",),
        "a name in charset": (b"Content-Disposition: form-data; name*=utf-8''file",),
        "a name that is escaped": (b'Content-Disposition: form-data; name="fil%65"',),
        "two names": (b'Content-Disposition: form-data; name="note"; name="file"',),
        "two dispositions": (_DISPOSITION, b'Content-Disposition: form-data; name="note"'),
        "in small letters": (_DISPOSITION.lower(),),
        "on two lines": (b"Content-Disposition: form-data;", b' name="file"; filename="a.jpg"'),
        "a line of blanks": (_DISPOSITION, b"  "),
        "no colon": (_DISPOSITION, b"nonsense"),
        "a bad name": (_DISPOSITION, b"a b: c"),
        "a zero byte": (_DISPOSITION, b"X: \0"),
        "no text": (_DISPOSITION, b"X: \xff\xfe\xc3\x28"),
        "eight": (_DISPOSITION, *[b"X: y"] * 7),
        "nine": (_DISPOSITION, *[b"X: y"] * 8),
        "a long one": (_DISPOSITION, b"X: " + b"y" * 4000),
        "too long a one": (_DISPOSITION, b"X: " + b"y" * 5000),
        "a megabyte": (_DISPOSITION, b"X: " + b"y" * 2 * _BLOCK),
        "a line feed": (_DISPOSITION, b"X: y\nZ: z"),
        "its length": (_DISPOSITION, b"Content-Length: 3"),
        "too small a length": (_DISPOSITION, b"Content-Length: 2"),
        "too large a length": (_DISPOSITION, b"Content-Length: 4"),
        "two lengths": (_DISPOSITION, b"Content-Length: 3", b"Content-Length: 3"),
        "no length": (_DISPOSITION, b"Content-Length: 0x3"),
        "an encoding": (_DISPOSITION, b"Content-Transfer-Encoding: base64"),
    }
    found = {
        f"headers, {name}": _headers(*lines, content=bytes((0, 1, number))) + END
        for number, (name, lines) in enumerate(heads.items())
    }
    endless = b"--" + _B + b"\r\n" + _DISPOSITION + b"\r\n" + b"X" * 3 * _BLOCK
    return found | {
        "headers without an end": endless,
        "a form in a part": _headers(nested, content=_file("outer")) + END,
    }


def _boundaries() -> dict[str, tuple[str, bytes]]:
    said: dict[str, tuple[str, str]] = {
        "in quotes": ('boundary="{}"', BOUNDARY),
        "with signs": ('boundary="{}"', "a'()+_,-./:=?b"),
        "with a blank": ('boundary="{}"', "a b"),
        "of one sign": ("boundary={}", "x"),
        "of dashes": ("boundary={}", "-" * 20),
        "too long": ("boundary={}", "x" * 300),
        "behind a charset": ("charset=utf-8; boundary={}", BOUNDARY),
        "in capitals": ("BOUNDARY={}", BOUNDARY),
        "twice": ("boundary={}; boundary=other", BOUNDARY),
        "of another": ("boundary=another", BOUNDARY),
        "of nothing": ("boundary=", ""),
        "not said": ("charset=utf-8", BOUNDARY),
    }
    found = {}
    for name, (words, boundary) in said.items():
        body = part("file", _file(f"boundary {name}")) + END
        kind = f"multipart/form-data; {words.format(boundary)}"
        found[f"boundary {name}"] = (kind, body.replace(_B, boundary.encode()))
    mixed = (MULTIPART.replace("form-data", "mixed"), part("file", _file("mixed")) + END)
    return found | {"multipart/mixed": mixed, "no form": ("image/png", part("file", _file("image")) + END)}


BODIES: dict[str, tuple[str, bytes]] = {
    name: (MULTIPART, body)
    for kind in (_plain(), _around(), _within(), _cut(), _heads())
    for name, body in kind.items()
} | _boundaries()
