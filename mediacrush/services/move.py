"""Moving the files of a running site from the former storage to the new one; storage/moving.py reads from both.

A hash is claimed while its files are copied, and a delete that has begun meanwhile leaves its name taken until the
claim ends: so a file that is missing from the former storage after its copy was deleted, and its copy goes too. Of
what is still processed files may be written anew at any moment: it is left to a later run.
"""

import hashlib
import os
import socket
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import SettingsError
from mediacrush.model.album import Album
from mediacrush.model.media import Media
from mediacrush.services import albums
from mediacrush.storage.moving import MovingStorage


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """What became of the files of one hash: `copied` of them, `problems` a sentence each. `is_left`: still
    processed, or in the hands of another run, so that this one did nothing."""

    hash: str
    copied: int = 0
    problems: tuple[str, ...] = ()
    is_left: bool = False


def move(backends: Backends, *, verify: bool = False) -> Iterator[Moved]:
    """Copy what is missing, hash by hash, and compare the SHA-256 of what is read back; with `verify` also of what
    an earlier run copied. Raises SettingsError when no former storage is named."""
    storage = backends.storage
    if not isinstance(storage, MovingStorage):
        raise SettingsError("There is nothing to move from: name it in MEDIACRUSH_FORMER_STORAGE.")
    copier = _Copier(backends, storage, verify=verify)
    for media in backends.media.all():
        yield copier.move(media.hash)
    for album in backends.albums.all():
        if album.zipped:
            yield copier.move(album.hash)


class _Copier:
    def __init__(self, backends: Backends, storage: MovingStorage, *, verify: bool) -> None:
        self._backends = backends
        self._storage = storage
        self._verify = verify

    def move(self, hash_: str) -> Moved:
        if not self._claim(hash_):
            return Moved(hash=hash_, is_left=True)
        try:
            found = self._backends.albums.get_any([hash_])[hash_]
            if isinstance(found, Media) and found.status.is_unfinished:
                return Moved(hash=hash_, is_left=True)
            moved = self._copy_all(hash_, _keys(found))
        finally:
            self._backends.moves.end(hash_)
        if isinstance(found, Album) and not self._storage.exists(public_key(found.zip_filename)):
            # One was packed in the middle of this, and taken for what was copied.
            albums.drop_zip(self._backends, hash_)
        return moved

    def _claim(self, hash_: str) -> bool:
        """Whether the files of this hash are ours to copy; those of a run on this machine that was killed are."""
        host, pid = socket.gethostname(), os.getpid()
        holder = self._backends.moves.claim(hash_, f"{host}:{pid}")
        other_host, _, other = holder.rpartition(":")
        if other_host == host and int(other) != pid and not Path(f"/proc/{other}").exists():
            self._backends.moves.end(hash_)
            holder = self._backends.moves.claim(hash_, f"{host}:{pid}")
        return holder == f"{host}:{pid}"

    def _copy_all(self, hash_: str, keys: list[str]) -> Moved:
        copied, problems = 0, []
        work_dir = self._backends.settings.work_dir
        with tempfile.TemporaryDirectory(dir=work_dir, prefix=f"{os.getpid()}.") as folder:
            for number, key in enumerate(keys):
                paths = Path(folder) / f"{number}.former", Path(folder) / f"{number}.new"
                try:
                    copied += self._copy(key, *paths)
                except _Different as error:
                    problems.append(str(error))
                for path in paths:
                    path.unlink(missing_ok=True)
        return Moved(hash=hash_, copied=copied, problems=tuple(problems))

    def _copy(self, key: str, former: Path, new: Path) -> bool:
        """Whether there is one more file in the new storage than before. Raises _Different."""
        was_there = self._storage.new.exists(key)
        if was_there and not self._verify:
            return False
        try:
            self._storage.former.fetch(key, former)
        except KeyError:
            return False
        if not was_there:
            self._storage.new.put(key, former)
        try:
            self._storage.new.fetch(key, new)
        except KeyError:
            return False  # deleted in this moment
        if _digest(former) != _digest(new):
            if was_there:
                raise _Different(f"{key} is another file in the new storage than in the former one")
            self._storage.new.delete(key)
            raise _Different(f"{key} came back from the new storage with other bytes, and was removed there")
        if not self._storage.former.exists(key):
            self._storage.new.delete(key)
            return False
        return not was_there


class _Different(Exception):
    """What is read back is not what was written."""


def _keys(found: Media | Album | None) -> list[str]:
    if isinstance(found, Album):
        return [public_key(found.zip_filename)] if found.has_zip else []
    if found is None or found.status.is_failure:
        return []
    return [found.original_key, *(public_key(file.filename) for file in found.files)]


def _digest(path: Path) -> bytes:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").digest()
