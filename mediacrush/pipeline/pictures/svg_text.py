"""SVG as text: known by its root element, in whatever Unicode it is written. Quick to load, as signatures.py is."""

import re


def is_svg(head: bytes) -> bool:
    """Whether XML that starts so has an SVG at its root: behind declarations and comments comes `<svg`."""
    text = svg_text(head).lstrip("\ufeff \t\r\n")
    while text.startswith(("<?", "<!")):
        end = (
            "-->" if text.startswith("<!--") else "]>" if re.match(r"<!doctype[^>]{0,1000}\[", text, re.I) else ">"
        )
        found = text.find(end)
        if found < 0:
            return False
        text = text[found + len(end) :].lstrip()
    return re.match(r"<(?:[A-Za-z_][\w.-]{0,40}:)?svg[\s>/]", text) is not None


def svg_text(data: bytes) -> str:
    """XML as text: UTF-16 by its byte order mark or its first character, else UTF-8."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = data.decode("utf-16", "replace")
    elif data[:2] == b"<\0":
        text = data.decode("utf-16-le", "replace")
    elif data[:2] == b"\0<":
        text = data.decode("utf-16-be", "replace")
    else:
        return data.decode("utf-8-sig", "replace")
    return re.sub(r"^(\ufeff?<\?xml[^>]{0,200}?)\s+encoding\s*=\s*[\"'][^\"']{0,40}[\"']", r"\1", text)
