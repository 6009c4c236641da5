"""Walking a container's structure: damage and lies end the walk, and never the worker."""

import random
from pathlib import Path

import pytest

from mediacrush.pipeline.containers import walking
from mediacrush.pipeline.containers.find import find_private
from mediacrush.pipeline.containers.walking import Findings, NotUnderstood, Walk
from mediacrush.pipeline.containers.words import private_word, tag_word
from mediacrush.pipeline.containers.xiph import walk_ogg
from tests.hostile.containers import box, element, matroska
from tests.pipeline.containers import planting

FILES = {
    "mov,mp4,m4a,3gp,3g2,mj2": planting.mp4_boxes,
    "matroska,webm": lambda folder: planting.matroska_all(
        folder, "film.webm", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libvorbis"
    ),
    "avi": planting.avi_chunks,
    "wav": lambda folder: planting.wav(folder, "INFO"),
    "aiff": planting.aiff,
    "caf": planting.caf,
    "mp3": lambda folder: planting.mp3(folder, "APE"),
    "flac": lambda folder: planting.flac(folder, "PICTURE"),
    "ogg": lambda folder: planting.ogg(folder, "libopus"),
    "asf": lambda folder: planting.asf(folder, "film.wmv"),
    "flv": planting.flv,
    "aac": lambda folder: planting.frames(folder, "sound.aac", "tag"),
    "ac3": lambda folder: planting.frames(folder, "sound.ac3", "end"),
    "amr": lambda folder: planting.frames(folder, "sound.amr", "end"),
}


@pytest.mark.parametrize("demuxer", FILES)
def test_damage_is_survived(tmp_path: Path, demuxer: str) -> None:
    """Bytes that were changed, cut or doubled at random give findings, and nothing is raised."""
    data = FILES[demuxer](tmp_path)
    rng = random.Random(demuxer)
    for _ in range(100):
        hurt = bytearray(data[: rng.randrange(1, len(data) + 1)] if rng.random() < 0.3 else data)
        for _ in range(rng.randrange(1, 20)):
            # Structure is in front and at the end.
            at = min(rng.choice([rng.randrange(600), rng.randrange(len(data))]), len(hurt) - 1)
            hurt[at : at + rng.choice([1, 1, 0, 4])] = (
                rng.randbytes(rng.choice([1, 1, 4])) if rng.random() < 0.8 else b"\xff" * 4
            )
        (tmp_path / "hurt").write_bytes(hurt)
        assert isinstance(find_private(tmp_path / "hurt", demuxer, is_sound=True), Findings)


@pytest.mark.parametrize("demuxer", FILES)
def test_another_kind_of_file_is_not_verified(tmp_path: Path, demuxer: str) -> None:
    """What is no such container has nothing in it that anybody could vouch for."""
    for content in (b"", b"\0", bytes(1000), b"RIFF", random.Random(1).randbytes(5000)):
        (tmp_path / "other").write_bytes(content)
        found = find_private(tmp_path / "other", demuxer, is_sound=True)
        assert not found.is_verified or not content


@pytest.mark.parametrize("demuxer", ["matroska,webm", "flac", "ogg", "wav"])
def test_a_part_is_not_verified(tmp_path: Path, demuxer: str) -> None:
    """A file that breaks off in the middle of its structure is not what it says it is."""
    data = FILES[demuxer](tmp_path)
    (tmp_path / "part").write_bytes(data[:40])
    assert not find_private(tmp_path / "part", demuxer, is_sound=True).is_verified


LIES = {
    "boxes within boxes": ("mov,mp4,m4a,3gp,3g2,mj2", b"".join(
        (8 * (10_000 - level)).to_bytes(4) + b"moov" for level in range(10_000)
    )),
    "a box of 2**63 bytes": ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\1moov" + b"\x7f" + b"\xff" * 7 + bytes(50)),
    "a box of no length": ("mov,mp4,m4a,3gp,3g2,mj2", b"\0\0\0\1moov" + bytes(8) + bytes(50)),
    "too many boxes": ("mov,mp4,m4a,3gp,3g2,mj2", box(b"free") * 11_000),
    "an element of 2**56 bytes": ("matroska,webm", matroska(b"\xec\x01\xff\xff\xff\xff\xff\xff\xfe" + bytes(50))),
    "too many elements": ("matroska,webm", matroska(element(0xA3) * 11_000)),
    "too many comments": ("flac", b"fLaC\x84\xff\xff\xff" + bytes(4) + b"\xff\xff\xff\xff" + bytes(2**20)),
    "too many chunks": ("wav", b"RIFF\xff\xff\xff\xffWAVE" + b"JUNK\0\0\0\0" * 11_000),
    "too many pages": ("ogg", (b"OggS\0\0" + bytes(20) + b"\0") * 11_000),
    "frames that might be": ("flac", b"fLaC\x80\0\0\x22" + bytes(34) + b"\xff\xf8" * 50_000),
    "tags in front of tags": ("mp3", b"ID3\4\0\0\0\0\0\0" * 11_000),
    "a tag of 256 MB": ("mp3", b"ID3\4\0\0\x7f\x7f\x7f\x7f" + bytes(5000)),
    "an APE tag of 4 GB": ("mp3", bytes(500) + b"APETAGEX" + b"\xff" * 16 + bytes(8)),
}  # fmt: skip


@pytest.mark.parametrize("name", LIES)
def test_lies_about_size_and_number_are_bounded(tmp_path: Path, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is read because a file says so, and of too many parts no more than a film may have."""
    monkeypatch.setattr(walking, "_MAX_STEPS", 10_000)
    demuxer, content = LIES[name]
    (tmp_path / "lie").write_bytes(content)
    assert not find_private(tmp_path / "lie", demuxer, is_sound=True).is_verified


def _page(serial: int, flags: int, body: bytes) -> bytes:
    sizes = bytes((255,)) * (len(body) // 255) + bytes((len(body) % 255,))
    head = b"OggS\0" + bytes((flags,)) + bytes(8) + serial.to_bytes(4, "little") + bytes(8)
    return head + bytes((len(sizes),)) + sizes + body


def test_no_more_is_kept_than_any_file_says_of_itself(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Headers of thousands of streams, each as large as one may be: the walk ends before they fill the memory."""
    monkeypatch.setattr(walking, "_MAX_ALL_BYTES", 100_000)
    pages = b"".join(_page(serial, 2, b"OpusHead" + bytes(60_000)) for serial in range(50))
    walk = Walk(data=pages, is_sound=True)
    with pytest.raises(NotUnderstood):
        walk_ogg(walk)
    assert walk.steps < 5
    (tmp_path / "lie").write_bytes(pages)
    assert find_private(tmp_path / "lie", "ogg", is_sound=True).is_stuck


@pytest.mark.parametrize("demuxer", FILES)
def test_a_walk_that_takes_too_long_ends(tmp_path: Path, demuxer: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However it was brought to: what was not looked into to its end is not served, nor a copy of it."""
    monkeypatch.setattr(walking, "_MAX_S", -1.0)
    monkeypatch.setattr(walking, "_STEPS_A_LOOK", 1)
    (tmp_path / "file").write_bytes(FILES[demuxer](tmp_path))
    assert find_private(tmp_path / "file", demuxer, is_sound=True).is_stuck


def test_a_name_of_megabytes_is_none() -> None:
    """Only the beginning of a tag's name is looked at."""
    assert private_word("x" * 10_000_000 + "gps") == "other"
    assert tag_word("gps" + "x" * 10_000_000, "here", is_sound=True) == "location"


def test_what_nobody_walks_is_not_verified(tmp_path: Path) -> None:
    """A container without a walker is never served as it came."""
    (tmp_path / "film").write_bytes(b"something")
    assert find_private(tmp_path / "film", "mxf", is_sound=False) == Findings()
