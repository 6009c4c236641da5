"""The spool: constant memory, right digests, nothing left behind."""

import hashlib
import os
import random
from contextlib import suppress
from pathlib import Path

import pytest

from mediacrush.errors import BackendUnavailable, TooLarge
from mediacrush.services.spool import Spool, drop_abandoned


@pytest.mark.parametrize("size", [0, 1, 2**20 - 1, 2**20, 2**20 + 1, 5 * 2**20 + 17])
def test_digests_size_head_and_bytes_are_those_of_what_was_written(tmp_path: Path, size: int) -> None:
    """Whatever the pieces, the file on disk and its digests are those of the whole."""
    data = random.Random(size).randbytes(size)
    with Spool(tmp_path, 10**9) as spool:
        for start in range(0, size, 70_000):
            spool.write(data[start : start + 70_000])
        spooled = spool.finish()
        assert spooled.path.read_bytes() == data
    assert spooled.size_bytes == size
    assert spooled.md5 == hashlib.md5(data, usedforsecurity=False).digest()
    assert spooled.sha256 == hashlib.sha256(data).digest()
    assert spooled.head == data[: len(spooled.head)]
    assert len(spooled.head) == min(size, 4096)


def test_a_body_over_the_limit_is_refused_while_it_arrives(tmp_path: Path) -> None:
    """The byte too many raises at once, with the limit in the sentence, and the file is gone."""
    with Spool(tmp_path, 3_000_000) as spool:
        spool.write(bytes(3_000_000))
        with pytest.raises(TooLarge, match="larger than the 3 MB"):
            spool.write(b"x")
    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_is_said_as_such(tmp_path: Path) -> None:
    """However much comes after the disk is full, nobody waits, and the error is a sentence."""
    with Spool(tmp_path, 10**9) as spool:
        spool._file.close()
        spool._file = Path("/dev/full").open("wb", buffering=0)  # noqa: SIM115  # the spool closes it
        block = bytes(100 * 2**20)
        with suppress(BackendUnavailable):
            spool.write(block)
        with pytest.raises(BackendUnavailable, match="disk"):
            spool.finish()
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_behind(tmp_path: Path) -> None:
    """The file goes with the context, finished or not."""
    with Spool(tmp_path, 100) as spool:
        spool.write(b"abc")
        spool.finish()
    with Spool(tmp_path, 100) as spool:
        spool.write(b"abc")
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_is_removed_one_day(tmp_path: Path) -> None:
    """What is older goes, what may still be in use stays."""
    old, new = tmp_path / "old", tmp_path / "new"
    for path in (old, new):
        path.write_bytes(b"half a film")
    os.utime(old, (0, 0))
    drop_abandoned(tmp_path, 3600)
    assert list(tmp_path.iterdir()) == [new]
