"""What every storage can do; a new one becomes a parameter of `storage`."""

import errno
import os
import resource
from collections.abc import Callable
from pathlib import Path

import pytest

from mediacrush.errors import BackendUnavailable
from mediacrush.storage.base import Storage
from mediacrush.storage.local import LocalStorage
from mediacrush.storage.memory import MemoryStorage
from mediacrush.storage.moving import MovingStorage
from mediacrush.storage.s3 import S3Storage
from tests.s3 import S3Server

KEY = "public/CPvuR5lRhmS0.mp4"
# The alphabet of names has `-` and `_` in it, in every place.
KEYS = [
    KEY,
    "public/CPvuR5lRhmS0.original.mp4",
    "public/-_-_-_-_-_-_.webm",
    "public/__________--.png",
    "originals/--1",
]

MakeFile = Callable[[bytes], Path]


class HalfMoved(MovingStorage):
    """A site in the middle of its move: every other file was put before it began."""

    def __init__(self, new: Storage, former: Storage) -> None:
        super().__init__(new, former)
        self._puts = 0

    def put(self, key: str, path: Path) -> None:
        """In the former storage, where nothing newer hides it."""
        self._puts += 1
        if self._puts % 2 and not self.new.exists(key):
            self.former.put(key, path)
        else:
            super().put(key, path)


@pytest.fixture(params=["local", "memory", "s3", "s3 with a prefix", "moving", "half moved"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """Each storage there is, empty."""
    if request.param == "local":
        return LocalStorage(tmp_path / "root")
    if request.param == "memory":
        return MemoryStorage()
    if request.param == "moving":
        return MovingStorage(LocalStorage(tmp_path / "root"), MemoryStorage())
    if request.param == "half moved":
        return HalfMoved(MemoryStorage(), LocalStorage(tmp_path / "root"))
    server: S3Server = request.getfixturevalue("s3_server")
    prefix = "site/media/" if request.param == "s3 with a prefix" else ""
    return S3Storage(server.make_bucket(), prefix=prefix, endpoint=server.endpoint)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """The folder of `local`."""
    return tmp_path / "local"


@pytest.fixture
def local(root: Path) -> LocalStorage:
    """The storage on disk alone, for what only a disk can do."""
    return LocalStorage(root)


@pytest.fixture
def source(tmp_path: Path) -> MakeFile:
    """A function that makes a file with these bytes."""

    def make(content: bytes) -> Path:
        path = tmp_path / f"source{len(list(tmp_path.iterdir()))}"
        path.write_bytes(content)
        return path

    return make


def stored(storage: Storage, key: str, tmp_path: Path) -> bytes:
    """The bytes of `key`, through a fetch."""
    path = tmp_path / f"fetched{len(list(tmp_path.iterdir()))}"
    storage.fetch(key, path)
    return path.read_bytes()


@pytest.mark.parametrize("key", KEYS)
def test_what_was_put_is_fetched(storage: Storage, source: MakeFile, tmp_path: Path, key: str) -> None:
    """The bytes under a key are those of the file that was put, whatever signs the key is made of."""
    storage.put(key, source(b"some bytes"))
    assert storage.exists(key)
    assert stored(storage, key, tmp_path) == b"some bytes"


def test_keys_do_not_mix(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """Each key has bytes of its own, even where names differ in one sign or only in their folder."""
    keys = [*KEYS, "originals/CPvuR5lRhmS0.mp4", "public/cPvuR5lRhmS0.mp4", "public/CPvuR5lRhmS_.mp4"]
    for number, key in enumerate(keys):
        storage.put(key, source(str(number).encode()))
    assert [stored(storage, key, tmp_path) for key in keys] == [str(number).encode() for number in range(len(keys))]


@pytest.mark.parametrize("content", [b"", b"\0" * 100_000])
def test_any_bytes_can_be_stored(storage: Storage, source: MakeFile, tmp_path: Path, content: bytes) -> None:
    """An empty file is a file, and a larger one comes back whole."""
    storage.put(KEY, source(content))
    assert storage.exists(KEY)
    assert stored(storage, KEY, tmp_path) == content


def test_put_leaves_its_source(storage: Storage, source: MakeFile) -> None:
    """The file that was put is still where it was, with its bytes, after its key is gone too."""
    path = source(b"some bytes")
    storage.put(KEY, path)
    assert path.read_bytes() == b"some bytes"
    storage.delete(KEY)
    assert path.read_bytes() == b"some bytes"


def test_stored_bytes_outlive_their_source(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """A job's folder can be removed after the put."""
    path = source(b"some bytes")
    storage.put(KEY, path)
    path.unlink()
    assert stored(storage, KEY, tmp_path) == b"some bytes"


def test_put_replaces_what_is_there(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """A second put under one key wins, and a copy fetched before keeps the first bytes."""
    storage.put(KEY, source(b"first"))
    storage.fetch(KEY, tmp_path / "before")
    storage.put(KEY, source(b"second"))
    assert stored(storage, KEY, tmp_path) == b"second"
    assert (tmp_path / "before").read_bytes() == b"first"
    assert list(storage.list("public/")) == [KEY]


def test_put_can_be_repeated(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """Putting the same file under the same key again changes nothing: jobs run twice."""
    path = source(b"some bytes")
    storage.put(KEY, path)
    storage.put(KEY, path)
    assert stored(storage, KEY, tmp_path) == b"some bytes"
    assert list(storage.list("public/")) == [KEY]


def test_one_file_can_have_two_keys(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """What is fetched can be put under another key, and lives on when the first is deleted."""
    storage.put("originals/CPvuR5lRhmS0.1", source(b"some bytes"))
    storage.fetch("originals/CPvuR5lRhmS0.1", tmp_path / "input")
    storage.put(KEY, tmp_path / "input")
    storage.delete("originals/CPvuR5lRhmS0.1")
    assert stored(storage, KEY, tmp_path) == b"some bytes"


def test_a_fetched_copy_survives_a_delete(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """A job can go on reading what somebody deletes meanwhile."""
    storage.put(KEY, source(b"some bytes"))
    storage.fetch(KEY, tmp_path / "input")
    storage.delete(KEY)
    assert (tmp_path / "input").read_bytes() == b"some bytes"


def test_what_is_deleted_is_gone(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """After a delete the key is neither there nor listed, and can be put again."""
    storage.put(KEY, source(b"first"))
    storage.delete(KEY)
    assert not storage.exists(KEY)
    assert storage.local_path(KEY) is None
    assert list(storage.list("public/")) == []
    storage.put(KEY, source(b"second"))
    assert stored(storage, KEY, tmp_path) == b"second"


def test_deleting_nothing_is_fine(storage: Storage) -> None:
    """A delete that was done before is no error."""
    storage.delete(KEY)
    storage.delete(KEY)
    assert not storage.exists(KEY)


def test_fetching_nothing_is_a_key_error(storage: Storage, source: MakeFile, tmp_path: Path) -> None:
    """A key that is not there raises KeyError and makes no file, beside others too."""
    with pytest.raises(KeyError, match="CPvuR5lRhmS0"):
        storage.fetch(KEY, tmp_path / "input")
    storage.put("public/CPvuR5lRhmS1.mp4", source(b"another"))
    with pytest.raises(KeyError):
        storage.fetch(KEY, tmp_path / "input")
    assert not (tmp_path / "input").exists()


@pytest.mark.parametrize(
    ("prefix", "expected"),
    [
        ("public/", {"public/CPvuR5lRhmS0.jpg", "public/CPvuR5lRhmS0.mp4", "public/-_vuR5lRhmS0.mp4"}),
        ("originals/", {"originals/CPvuR5lRhmS0.1"}),
        ("public/CPvuR5lRhmS0", {"public/CPvuR5lRhmS0.jpg", "public/CPvuR5lRhmS0.mp4"}),
        ("public/C", {"public/CPvuR5lRhmS0.jpg", "public/CPvuR5lRhmS0.mp4"}),
        ("public/CPvuR5lRhmS0.mp4", {"public/CPvuR5lRhmS0.mp4"}),
        ("public/CPvuR5lRhmS0.mp44", set()),
        ("public/*", set()),
        ("pub", {"public/CPvuR5lRhmS0.jpg", "public/CPvuR5lRhmS0.mp4", "public/-_vuR5lRhmS0.mp4"}),
        ("missing/", set()),
    ],
)
def test_keys_are_listed_by_how_they_begin(
    storage: Storage, source: MakeFile, prefix: str, expected: set[str]
) -> None:
    """A listing has every key that begins with the prefix, once, and no other."""
    names = [
        "public/CPvuR5lRhmS0.mp4",
        "public/CPvuR5lRhmS0.jpg",
        "public/-_vuR5lRhmS0.mp4",
        "originals/CPvuR5lRhmS0.1",
    ]
    for key in names:
        storage.put(key, source(b"some bytes"))
    listed = list(storage.list(prefix))
    assert set(listed) == expected
    assert len(listed) == len(expected)


def test_an_empty_prefix_lists_everything(storage: Storage, source: MakeFile) -> None:
    """Every key begins with nothing."""
    for key in KEYS:
        storage.put(key, source(b"some bytes"))
    assert set(storage.list("")) == set(KEYS)


def test_keys_can_be_deleted_while_they_are_listed(storage: Storage, source: MakeFile) -> None:
    """An operator's command may delete what it walks over."""
    for number in range(20):
        storage.put(f"public/{number:012}.mp4", source(b"some bytes"))
    for key in storage.list("public/"):
        storage.delete(key)
    assert list(storage.list("public/")) == []


# The rest is about a disk.


def test_a_local_file_has_a_path(local: LocalStorage, root: Path, source: MakeFile) -> None:
    """nginx sends the bytes from where they lie: a folder by the first two characters, and their own name."""
    local.put(KEY, source(b"some bytes"))
    path = local.local_path(KEY)
    assert path == root / "public" / "CP" / "CPvuR5lRhmS0.mp4"
    assert path.read_bytes() == b"some bytes"
    assert local.local_path("public/CPvuR5lRhmS1.mp4") is None


@pytest.mark.parametrize(
    "key",
    [
        "",
        "public",
        "public/",
        "/CPvuR5lRhmS0.mp4",
        "public/..",
        "public/.",
        "../public",
        "./public",
        "public/../secret_key",
        "public/../../secret_key",
        "public/CP/CPvuR5lRhmS0.mp4",
        "public//etc",
        "//etc/passwd",
        "/etc/passwd",
        "public/.hidden",
        ".hidden/CPvuR5lRhmS0.mp4",
        "public/CPvuR5lRhmS0.mp4/",
    ],
)
def test_a_key_never_leaves_the_root(local: LocalStorage, source: MakeFile, tmp_path: Path, key: str) -> None:
    """What is no folder and one plain name is refused by every method, and touches nothing."""
    before = sorted(tmp_path.rglob("*"))
    for method in (local.exists, local.delete, local.local_path):
        with pytest.raises(ValueError, match="key"):
            method(key)
    for method in (local.put, local.fetch):
        with pytest.raises(ValueError, match="key"):
            method(key, tmp_path / "elsewhere")
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize("prefix", ["../", "../outside", "..", "/etc/", "./"])
def test_a_prefix_never_leaves_the_root(local: LocalStorage, root: Path, source: MakeFile, prefix: str) -> None:
    """No key begins outside, so nothing is listed there."""
    local.put(KEY, source(b"some bytes"))
    (root.parent / "outside" / "CP").mkdir(parents=True)
    (root.parent / "outside" / "CPvuR5lRhmS0.mp4").touch()
    try:
        listed = list(local.list(prefix))
    except ValueError:
        return
    assert listed == []


@pytest.mark.parametrize(
    "use",
    [
        lambda storage, path: storage.put(KEY, path),
        lambda storage, path: storage.fetch(KEY, path.with_name("target")),
        lambda storage, path: storage.exists(KEY),
        lambda storage, path: storage.delete(KEY),
        lambda storage, path: list(storage.list("public/")),
        lambda storage, path: storage.local_path(KEY),
    ],
    ids=["put", "fetch", "exists", "delete", "list", "local_path"],
)
def test_a_storage_that_is_not_there_says_so(
    local: LocalStorage, root: Path, source: MakeFile, use: Callable[[Storage, Path], object]
) -> None:
    """Where the root is no folder, every method raises BackendUnavailable: nothing passes for lost or empty."""
    root.touch()
    with pytest.raises(BackendUnavailable) as error:
        use(local, source(b"some bytes"))
    assert str(root) not in str(error.value)


def leftovers(root: Path) -> list[str]:
    """The files under the root that are under no key."""
    return [path.name for path in root.rglob("*") if path.is_file() and path.name.startswith(".")]


def test_nothing_temporary_is_left(local: LocalStorage, root: Path, source: MakeFile) -> None:
    """After puts, a repeated one among them, only the files themselves are there."""
    path = source(b"some bytes")
    for _ in range(2):
        local.put(KEY, path)
    local.put(KEY, source(b"others"))
    assert [path for path in root.rglob("*") if path.is_file()] == [local.local_path(KEY)]


def test_a_put_that_fails_leaves_the_old_bytes(
    local: LocalStorage, root: Path, source: MakeFile, tmp_path: Path
) -> None:
    """A source that cannot be read, such as a folder, changes nothing and leaves nothing temporary behind."""
    local.put(KEY, source(b"first"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(BackendUnavailable):
        local.put(KEY, tmp_path / "folder")
    assert stored(local, KEY, tmp_path) == b"first"
    assert leftovers(root) == []


@pytest.fixture
def no_links(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file system of the source is another one."""

    def refuse(*_: object) -> None:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))

    monkeypatch.setattr(os, "link", refuse)


@pytest.mark.usefixtures("no_links")
def test_another_file_system_gets_copies(local: LocalStorage, source: MakeFile, tmp_path: Path) -> None:
    """Where there can be no links the bytes are copied, both ways, and are then independent of each other."""
    path = source(b"first")
    local.put(KEY, path)
    local.fetch(KEY, tmp_path / "fetched")
    path.write_bytes(b"changed")
    (tmp_path / "fetched").write_bytes(b"changed too")
    assert stored(local, KEY, tmp_path) == b"first"


@pytest.mark.usefixtures("no_links")
def test_a_copy_that_stops_half_way_is_invisible(
    local: LocalStorage, root: Path, source: MakeFile, tmp_path: Path
) -> None:
    """When the disk takes only half of the bytes, the old ones stay, and no half file under any name."""
    local.put(KEY, source(b"first"))
    large = source(b"x" * 100_000)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(BackendUnavailable):
            local.put(KEY, large)
        with pytest.raises(BackendUnavailable):
            local.put("public/CPvuR5lRhmS1.mp4", large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert stored(local, KEY, tmp_path) == b"first"
    assert not local.exists("public/CPvuR5lRhmS1.mp4")
    assert list(local.list("public/")) == [KEY]
    assert leftovers(root) == []


def test_what_a_killed_process_left_is_not_listed(local: LocalStorage, root: Path, source: MakeFile) -> None:
    """A temporary file whose process died in the middle of a put is no key."""
    local.put(KEY, source(b"some bytes"))
    (root / "public" / "CP" / ".5f2b").touch()
    assert list(local.list("public/")) == [KEY]
