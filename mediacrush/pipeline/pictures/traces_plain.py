"""Traces in the plainest kinds, BMP, TGA and the Netpbm family: a header, pixels, and perhaps more than that."""

import re

_BMP_HEADER_SIZE, _DIB_SIZE = 14, 40
_PROFILED_DIB_SIZE = 124  # Windows 5: a colour profile, or the path of one on its maker's disk


def bmp_findings(data: bytes) -> tuple[set[str], bool]:
    """Clean when header, palette and uncompressed rows make up the file."""
    size, width, height = (_number(data, at, signed=True) for at in (14, 18, 22))
    bits, compression, colours = _number(data, 28, 2), _number(data, 30), _number(data, 46)
    if not _DIB_SIZE <= size < _PROFILED_DIB_SIZE or compression not in {0, 3, 6}:
        return set(), False
    palette = 4 * (colours or (1 << bits if bits <= 8 else 0))  # noqa: PLR2004
    masks = {3: 12, 6: 16}.get(compression, 0) if size == _DIB_SIZE else 0
    start = _BMP_HEADER_SIZE + size + palette + masks
    rows = -(-width * bits // 32) * 4 * abs(height)
    return set(), _number(data, 10) == start and len(data) == start + rows


# Truevision, 1991: the header, and behind the pixels in newer files a footer that names an extension area.
_TGA_FOOTER = b"TRUEVISION-XFILE.\0"
_TGA_FOOTER_SIZE, _TGA_HEADER_SIZE = 26, 18
_TGA_PACKED = 8
_TGA_FIELDS = {
    "owner": slice(2, 43),
    "comment": slice(43, 367),
    "date": slice(367, 379),
    "other": slice(379, 420),  # name and time of the job
}
_TGA_STAMP = slice(486, 490)


def tga_findings(data: bytes) -> tuple[set[str], bool]:
    """Clean when there is neither text nor extension area, and uncompressed rows make up the file."""
    words = {"comment"} if any(data[_TGA_HEADER_SIZE : _TGA_HEADER_SIZE + data[0]]) else set()
    if data.endswith(_TGA_FOOTER):
        start = _number(data, len(data) - _TGA_FOOTER_SIZE)
        area = data[start:] if start else b""
        words |= {word for word, place in _TGA_FIELDS.items() if area[place].strip(b"\0 ")}
        words |= {"thumbnail"} if any(area[_TGA_STAMP]) else set()
    palette = _number(data, 5, 2) * -(-data[7] // 8) if data[1] else 0
    pixels = _number(data, 12, 2) * _number(data, 14, 2) * -(-data[16] // 8)
    plain = _TGA_HEADER_SIZE + data[0] + palette + pixels
    has_plain_end = len(data) == plain or (
        len(data) == plain + _TGA_FOOTER_SIZE
        and data.endswith(_TGA_FOOTER)
        and not any(data[-_TGA_FOOTER_SIZE : -_TGA_FOOTER_SIZE + 8])
    )
    return words, not data[2] & _TGA_PACKED and has_plain_end


_NETPBM_HEADER = re.compile(
    rb"P(?:(?P<float>[Ff])\s+(\d+)\s+(\d+)\s+-?[\d.]+\s"
    rb"|(?P<bits>4)\s+(\d+)\s+(\d+)\s"
    rb"|(?P<bytes>[56])\s+(\d+)\s+(\d+)\s+(\d+)\s)"
)
_NETPBM_TEXT = re.compile(rb"P[123]\s[\d\s]*")
_PAM_HEADER = re.compile(rb"P7\n(?:(?:WIDTH|HEIGHT|DEPTH|MAXVAL) +\d+\n|TUPLTYPE +[A-Z_]+\n)*ENDHDR\n")
_BYTE = 255


def netpbm_findings(data: bytes) -> tuple[set[str], bool]:
    """Clean when the header has no comment and the pixels end where the file does."""
    if _NETPBM_TEXT.fullmatch(data):
        return set(), True
    pam = _PAM_HEADER.match(data)
    if pam is not None:
        fields = {line.split()[0]: line.split()[1] for line in pam[0].splitlines()[1:-1]}
        numbers = [int(fields.get(name, b"0")) for name in (b"WIDTH", b"HEIGHT", b"DEPTH", b"MAXVAL")]
        width, height, depth, highest = numbers
        return set(), len(data) == pam.end() + width * height * depth * (1 + (highest > _BYTE))
    found = _NETPBM_HEADER.match(data)
    if found is None:
        return {"comment"}, False
    numbers = [int(group) for group in found.groups() if group and group.isdigit()]
    if found["float"]:
        size = numbers[0] * numbers[1] * 4 * (3 if found["float"] == b"F" else 1)
    elif found["bits"]:
        size = -(-numbers[1] // 8) * numbers[2]
    else:
        kind, width, height, highest = numbers
        size = width * height * (3 if kind == 6 else 1) * (1 + (highest > _BYTE))  # noqa: PLR2004
    return set(), len(data) == found.end() + size


def _number(data: bytes, at: int, size: int = 4, *, signed: bool = False) -> int:
    return int.from_bytes(data[at : at + size], "little", signed=signed)
