"""Colour profiles: what everybody has stays, of what tells of a device only the colours do."""

import io
from collections.abc import Callable
from typing import Any

import pytest
from PIL import Image, ImageCms

from mediacrush.pipeline.pictures.clean import clean_gif, clean_jpeg, clean_png, clean_webp
from mediacrush.pipeline.pictures.profiles import clean_profile, profile_words
from tests.pipeline.pictures.kinds import heif
from tests.samples import picture

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
SECRET = b"SecretScreen"
_CLEANERS = {"JPEG": clean_jpeg, "PNG": clean_png, "WEBP": clean_webp, "GIF": clean_gif}
_HEADER, _ROW = 128, 12


def tags(profile: bytes) -> dict[bytes, bytes]:
    """The content of each tag."""
    rows = range(_HEADER + 4, _HEADER + 4 + _ROW * int.from_bytes(profile[_HEADER : _HEADER + 4]), _ROW)
    places = {profile[at : at + 4]: (profile[at + 4 : at + 8], profile[at + 8 : at + 12]) for at in rows}
    return {
        name: profile[int.from_bytes(start) : int.from_bytes(start) + int.from_bytes(size)]
        for name, (start, size) in places.items()
    }


def with_tags(profile: bytes, more: dict[bytes, bytes]) -> bytes:
    """The profile with these tags added or changed."""
    content = tags(profile) | more
    start = _HEADER + 4 + _ROW * len(content)
    rows = body = b""
    for name, data in content.items():
        rows += name + (start + len(body)).to_bytes(4) + len(data).to_bytes(4)
        body += data + bytes(-len(data) % 4)
    size = (start + len(body)).to_bytes(4)
    return size + profile[4:_HEADER] + len(content).to_bytes(4) + rows + body


def name_tag(text: str) -> bytes:
    """A text in one language."""
    encoded = text.encode("utf-16-be")
    head = b"mluc" + bytes(4) + (1).to_bytes(4) + (12).to_bytes(4)
    return head + b"enUS" + len(encoded).to_bytes(4) + (28).to_bytes(4) + encoded


def screen() -> bytes:
    """As an operating system writes it of a screen: by whom, which one, measured when."""
    told = {
        b"desc": name_tag("Bob's SecretScreen"),
        b"mmod": b"mmod" + bytes(4) + SECRET,
        b"vcgt": b"vcgt" + bytes(4) + SECRET,
    }
    profile = bytearray(with_tags(SRGB, told))
    profile[48:56] = SECRET[:8]
    return bytes(profile)


def test_what_everybody_has_stays() -> None:
    """sRGB's own profile is left alone, to the byte."""
    assert clean_profile(SRGB) == SRGB
    assert profile_words(SRGB) == set()


@pytest.mark.parametrize(
    ("profile", "words"),
    [
        (screen(), {"serial number"}),
        (with_tags(SRGB, {b"desc": name_tag("Bob's SecretScreen")}), {"other"}),
        (with_tags(SRGB, {b"WtF?": SECRET}), {"other"}),
        (SRGB + SECRET, {"other"}),
    ],
    ids=["screen", "name", "unknown tag", "behind the end"],
)
def test_colours_stay_and_the_rest_goes(profile: bytes, words: set[str]) -> None:
    """Whoever shows a picture by it sees the same colours, and reads nothing; cleaning it again changes nothing."""
    cleaned = clean_profile(profile)
    assert profile_words(profile) == words
    for spelled in (SECRET, "SecretScreen".encode("utf-16-be"), SECRET[:8], b"Bob"):
        assert spelled not in cleaned
    colours = tags(SRGB).keys() - {b"desc", b"cprt"}
    assert {name: tags(cleaned)[name] for name in colours} == {name: tags(SRGB)[name] for name in colours}
    assert ImageCms.getProfileDescription(ImageCms.ImageCmsProfile(io.BytesIO(cleaned))).strip() == "RGB profile"
    assert clean_profile(cleaned) == cleaned
    assert profile_words(cleaned) == set()


def test_an_old_profile_stays_an_old_one() -> None:
    """Version 2 has other texts; a reader of that time takes the cleaned one."""
    profile = bytearray(screen())
    profile[8:12] = b"\2\x40\0\0"
    cleaned = clean_profile(bytes(profile))
    assert tags(cleaned)[b"desc"].startswith(b"desc")
    opened = ImageCms.ImageCmsProfile(io.BytesIO(cleaned))
    assert ImageCms.getProfileDescription(opened).strip() == "RGB profile"
    page = picture(8, 8)
    assert ImageCms.profileToProfile(page, opened, opened) is not None


@pytest.mark.parametrize(
    "profile",
    [b"", b"no profile", SRGB[:100], SRGB[:300], SRGB[:128] + b"\xff\xff\xff\xff" + SRGB[132:], bytes(5_000_000)],
    ids=["none", "words", "header", "cut", "tags without end", "large"],
)
def test_of_a_broken_one_nothing_stays(profile: bytes) -> None:
    """Nothing is shown by it either."""
    assert clean_profile(profile) == b""


def _gif(profile: bytes) -> bytes:
    buffer = io.BytesIO()
    picture(16, 16).convert("P").save(buffer, "GIF")
    pieces = (profile[start : start + 255] for start in range(0, len(profile), 255))
    blocks = b"".join(bytes((len(piece),)) + piece for piece in pieces)
    return buffer.getvalue()[:-1] + b"!\xff\x0bICCRGBG1012" + blocks + b"\0;"


def _saved(kind: str, profile: bytes) -> bytes:
    if kind == "GIF":
        return _gif(profile)
    buffer = io.BytesIO()
    picture(16, 16).save(buffer, kind, icc_profile=profile)
    return buffer.getvalue()


def _has_secret(data: bytes) -> bool:
    return any(spelled in data for spelled in (SECRET, "SecretScreen".encode("utf-16-be")))


@pytest.mark.parametrize("kind", _CLEANERS)
def test_originals_keep_the_colours_only(kind: str) -> None:
    """In each kind of picture that is published cleaned; a large profile in as many pieces as it takes."""
    large = with_tags(screen(), {b"A2B0": bytes(100_000), b"WtF?": SECRET * 10_000})
    for profile in (screen(), large):
        data = _saved(kind, profile)
        cleaned = _CLEANERS[kind](data)
        assert not _has_secret(cleaned)
        assert _CLEANERS[kind](cleaned) == cleaned
        with Image.open(io.BytesIO(cleaned)) as image:
            image.load()
            if kind != "GIF":
                assert image.info["icc_profile"] == clean_profile(profile)
                assert not _has_secret(image.info["icc_profile"])


@pytest.mark.parametrize("kind", _CLEANERS)
def test_a_broken_profile_goes(kind: str) -> None:
    """And with it what says that there is one."""
    cleaned = _CLEANERS[kind](_saved(kind, SRGB[:300] + SECRET))
    assert not _has_secret(cleaned)
    with Image.open(io.BytesIO(cleaned)) as image:
        image.load()
        assert "icc_profile" not in image.info


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF", "TIFF", "HEIC"])
def test_a_telling_profile_is_told(kind: str, probe: Callable[..., dict[str, Any]]) -> None:
    """What has one is not published as it came, and the page says what was taken out."""
    data = heif(picture(64, 64), icc_profile=screen()) if kind == "HEIC" else _saved(kind, screen())
    facts = probe(data)
    assert (facts["has_private"], facts["removed"]) == (True, ["serial number"])


@pytest.mark.parametrize("target", ["jpeg", "png", "webp", "avif"])
def test_renditions_keep_the_colours_only(target: str, convert: Callable[..., Image.Image]) -> None:
    """Whatever is made of it."""
    assert convert(_saved("JPEG", screen()), target).info["icc_profile"] == clean_profile(screen())
