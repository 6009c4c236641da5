"""Colour profiles (ICC.1:2022): what colours are shown by stays, what is said of a device or its owner goes.

The profile of a calibrated screen names the screen, its serial number and the day; operating systems put it into
every picture of that screen. Profiles that everybody has say nothing, and stay as they are.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_HEADER, _ROW = 128, 12
_VERSION, _SPACE, _SIGNATURE = 8, slice(16, 20), slice(36, 40)
# Of the header: when it was made; manufacturer and model of the device; the sum over all of it (7.2).
_TELLING = (slice(24, 36), slice(48, 56), slice(84, 100))
_MAX_TAGS = 100
# The largest are those of presses, with tables for four inks.
MAX_PROFILE_BYTES = 4_000_000
# What pictures are shown by (9.2): primaries, curves, white, tables.
_NEEDED = frozenset(
    b"rXYZ gXYZ bXYZ rTRC gTRC bTRC kTRC wtpt bkpt chad chrm cicp gamt A2B0 A2B1 A2B2 B2A0 B2A1 B2A2 "
    b"D2B0 D2B1 D2B2 B2D0 B2D1 B2D2".split()
)
_TEXTS = frozenset({b"desc", b"cprt"})
# What sRGB's own profile has beside: for whom and how it was measured, in words that are the same in each.
_HARMLESS = _NEEDED | _TEXTS | frozenset(b"dmnd dmdd vued view lumi meas tech".split())
_COMMON = re.compile(
    r"[\w .-]{0,20}\b(sRGB|Display P3|DCI-?P3|Adobe ?RGB|ProPhoto|ROMM|Rec\.? ?(709|2020|2100)|BT\.?(709|2020|2100)"
    r"|Generic|Dot Gain|Gr[ae]y Gamma|SWOP|FOGRA|GRACoL|Japan Color|(RGB|GRAY|CMYK|Lab) profile)\b"
    r"[\w .:,()\-/]{0,40}"
    r"|c2(ci)?|[us]RGB|icc|(\w{0,10} )?ICC[ _]([A-Z]{3,4} )?[Pp]rofile",
    re.ASCII,
)


class _Tag(NamedTuple):
    """A tag's name, and where its content is."""

    name: bytes
    start: int
    end: int


def clean_profile(profile: bytes) -> bytes:
    """The profile without what it tells of a device; the same one where it tells nothing; nothing of one that is
    broken, by which nothing is shown either."""
    tags = _tags(profile)
    if tags is None:
        return b""
    return profile if _is_common(profile, tags) else _rebuilt(profile, tags)


def profile_words(profile: bytes) -> set[str]:
    """What a profile tells, in the words of metadata.py."""
    tags = _tags(profile)
    if tags is None:
        return {"other"} if profile else set()
    if _is_common(profile, tags):
        return set()
    return {"serial number"} if any(tag.name == b"mmod" for tag in tags) else {"other"}


def is_common_name(name: str) -> bool:
    """Whether half of the world has a profile of this name."""
    return _COMMON.fullmatch(name) is not None


def _tags(profile: bytes) -> list[_Tag] | None:
    """The tags of a profile that is whole, None where it is not."""
    count = int.from_bytes(profile[_HEADER : _HEADER + 4])
    is_whole = _HEADER + 4 <= len(profile) <= MAX_PROFILE_BYTES
    if not is_whole or profile[_SIGNATURE] != b"acsp" or count > _MAX_TAGS:
        return None
    tags = []
    for at in range(_HEADER + 4, _HEADER + 4 + _ROW * count, _ROW):
        start, size = (int.from_bytes(profile[n : n + 4]) for n in (at + 4, at + 8))
        if start < _HEADER + 4 or start + size > len(profile):
            return None
        tags.append(_Tag(profile[at : at + 4], start, start + size))
    return tags


def _is_common(profile: bytes, tags: list[_Tag]) -> bool:
    """Whether it is one that everybody has: known tags and no byte beside them, a known name."""
    names = {tag.name: tag for tag in tags}
    texts = [
        text for name in names.keys() & {b"desc"} for text in _texts(profile[names[name].start : names[name].end])
    ]
    return (
        names.keys() <= _HARMLESS and all(is_common_name(text) for text in texts) and not _has_more(profile, tags)
    )


def _has_more(profile: bytes, tags: list[_Tag]) -> bool:
    """Whether there is anything that belongs to no tag."""
    end = _HEADER + 4 + _ROW * len(tags)
    for tag in sorted(tags, key=lambda tag: tag.start):
        if any(profile[end : tag.start]):
            return True
        end = max(end, tag.end)
    return any(profile[end:])


def _texts(content: bytes) -> Iterator[str]:
    """What a text tag says, in each of its languages (10.15, and ICC.1:2001, 6.5.17)."""
    if content[:4] == b"mluc":
        for record in range(min(int.from_bytes(content[8:12]), _MAX_TAGS)):
            at = 16 + 12 * record
            size, start = (int.from_bytes(content[n : n + 4]) for n in (at + 4, at + 8))
            yield content[start : start + size].decode("utf-16-be", "replace").strip("\0")
    elif content[:4] == b"desc":
        yield content[12 : 12 + int.from_bytes(content[8:12])].decode("latin-1").strip("\0")
    else:
        yield content[8:].decode("latin-1").strip("\0")


def _rebuilt(profile: bytes, tags: list[_Tag]) -> bytes:
    """A profile of what is needed, with a name that says nothing. Tags that share their content go on doing so."""
    is_old = profile[_VERSION] < 4  # noqa: PLR2004
    header = bytearray(profile[:_HEADER])
    for place in _TELLING:
        header[place] = bytes(place.stop - place.start)
    name = f"{profile[_SPACE].decode('latin-1').strip()} profile"
    contents = {tag.name: profile[tag.start : tag.end] for tag in tags if tag.name in _NEEDED}
    contents |= {b"desc": (_old_name if is_old else _text)(name), b"cprt": (_old_text if is_old else _text)("")}
    start = _HEADER + 4 + _ROW * len(contents)
    rows, body, known = b"", b"", dict[bytes, int]()
    for tag, content in contents.items():
        if content not in known:
            known[content] = start + len(body)
            body += content + bytes(-len(content) % 4)
        rows += tag + known[content].to_bytes(4) + len(content).to_bytes(4)
    header[:4] = (start + len(body)).to_bytes(4)
    return bytes(header) + len(contents).to_bytes(4) + rows + body


def _text(text: str) -> bytes:
    encoded = text.encode("utf-16-be")
    head = b"mluc" + bytes(4) + (1).to_bytes(4) + (12).to_bytes(4)
    return head + b"enUS" + len(encoded).to_bytes(4) + (28).to_bytes(4) + encoded


def _old_text(text: str) -> bytes:
    return b"text" + bytes(4) + text.encode() + b"\0"


def _old_name(text: str) -> bytes:
    """With a text in Unicode and one for the Macintosh behind it, both empty."""
    return b"desc" + bytes(4) + (len(text) + 1).to_bytes(4) + text.encode() + b"\0" + bytes(8 + 3 + 67)
