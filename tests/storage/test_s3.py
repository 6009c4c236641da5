"""What only a bucket does: headers, parts, digests, signed addresses, and every way in which it does not answer."""

import os
import resource
import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import boto3
import boto3.exceptions
import botocore.exceptions
import pytest
import requests

from mediacrush.errors import BackendUnavailable, SettingsError
from mediacrush.storage import aws
from mediacrush.storage.base import Storage
from mediacrush.storage.s3 import S3Storage
from tests.s3 import S3Server

KEY = "public/CPvuR5lRhmS0.mp4"


@pytest.fixture
def bucket(s3_server: S3Server) -> str:
    """An empty one."""
    return s3_server.make_bucket()


@pytest.fixture
def storage(s3_server: S3Server, bucket: str) -> S3Storage:
    """The storage in it."""
    return S3Storage(bucket, endpoint=s3_server.endpoint, attempts=1)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A small file."""
    path = tmp_path / "source"
    path.write_bytes(b"some bytes")
    return path


@pytest.mark.parametrize(
    ("key", "mime", "cache_control"),
    [
        (KEY, "video/mp4", "public, max-age=31536000, immutable"),
        ("public/CPvuR5lRhmS0.svg", "image/svg+xml", "public, max-age=31536000, immutable"),
        ("public/CPvuR5lRhmS0.m3u8", "application/vnd.apple.mpegurl", "public, max-age=31536000, immutable"),
        ("public/CPvuR5lRhmS0.storyboard.vtt", "text/vtt", "public, max-age=31536000, immutable"),
        ("public/CPvuR5lRhmS0.html", "application/octet-stream", "public, max-age=31536000, immutable"),
        ("public/CPvuR5lRhmS0.zip", "application/zip", "public, no-cache"),
        ("originals/0123", "application/octet-stream", "private, no-store"),
    ],
)
def test_an_object_knows_how_it_is_sent(
    storage: S3Storage, bucket: str, s3_server: S3Server, source: Path, key: str, mime: str, cache_control: str
) -> None:
    """Type and cache headers are the object's, since a CDN sends them as they are; no name makes a page of it."""
    storage.put(key, source)
    head = s3_server.client.head_object(Bucket=bucket, Key=key)
    assert (head["ContentType"], head["CacheControl"]) == (mime, cache_control)


def test_a_large_file_goes_in_parts(storage: S3Storage, source: Path, tmp_path: Path) -> None:
    """Its bytes come back, put together from three parts."""
    content = os.urandom(2**20) * 40
    source.write_bytes(content)
    parts: list[object] = []
    storage._client().meta.events.register("before-call.s3.UploadPart", lambda params, **_: parts.append(params))
    storage.put(KEY, source)
    storage.fetch(KEY, tmp_path / "fetched")
    assert (tmp_path / "fetched").read_bytes() == content
    assert len(parts) == 3


def test_damaged_bytes_are_never_handed_on(
    storage: S3Storage, bucket: str, s3_server: S3Server, source: Path, tmp_path: Path
) -> None:
    """What is not what was put is an error, and leaves no file."""
    storage.put(KEY, source)
    digest = s3_server.client.head_object(Bucket=bucket, Key=KEY)["Metadata"]
    s3_server.client.put_object(Bucket=bucket, Key=KEY, Body=b"other bytes", Metadata=digest)
    with pytest.raises(BackendUnavailable):
        storage.fetch(KEY, tmp_path / "fetched")
    assert list(tmp_path.iterdir()) == [source]


def test_a_signed_address_needs_no_key(storage: S3Storage, source: Path) -> None:
    """Anybody gets the bytes with it, a part of them too; without the signature nobody does."""
    storage.put(KEY, source)
    address = storage.signed_url(KEY) or ""
    assert requests.get(address, timeout=60).content == b"some bytes"
    assert requests.get(address, headers={"Range": "bytes=5-"}, timeout=60).content == b"bytes"
    head = requests.head(storage.signed_url(KEY, method="HEAD") or "", timeout=60)
    assert head.headers["Content-Length"] == "10"
    assert "response-content-disposition=attachment" in (storage.signed_url(KEY, download_name="a.mp4") or "")
    assert address.startswith(storage.hosts()[0] + "/")
    assert requests.get(address.split("?")[0], timeout=60).status_code in (400, 403)


def test_a_connection_is_never_shared_by_two_processes(storage: S3Storage, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker's child that was forked speaks through a client of its own."""
    client = storage._client()
    assert storage._client() is client
    monkeypatch.setattr(os, "getpid", lambda: -1)
    assert storage._client() is not client


Use = Callable[[Storage, Path], object]
USES: list[Use] = [
    lambda storage, path: storage.put(KEY, path),
    lambda storage, path: storage.fetch(KEY, path.with_name("target")),
    lambda storage, path: storage.exists(KEY),
    lambda storage, path: storage.delete(KEY),
    lambda storage, path: list(storage.list("public/")),
]


@pytest.fixture(params=["refused", "silent", "forbidden", "no keys", "no bucket"])
def broken(
    request: pytest.FixtureRequest, s3_server: S3Server, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> Iterator[S3Storage]:
    """A storage that does not answer, in each way there is."""
    endpoint = s3_server.endpoint
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{listener.getsockname()[1]}"
        if request.param == "refused":
            endpoint = nowhere
        elif request.param == "silent":
            listener.listen()
            endpoint = nowhere
            monkeypatch.setattr(aws, "_READ_TIMEOUT_S", 0.1)
        elif request.param == "forbidden":
            session = boto3.Session("tests", "another secret")
            monkeypatch.setattr(aws, "_session", lambda: session)
        elif request.param == "no keys":
            monkeypatch.delenv("AWS_ACCESS_KEY_ID")
            session = boto3.Session()
            monkeypatch.setattr(aws, "_session", lambda: session)
        elif request.param == "no bucket":
            bucket = "no-such-bucket"
        yield S3Storage(bucket, endpoint=endpoint, attempts=1)


def test_a_bucket_that_does_not_answer_says_so(broken: S3Storage, source: Path) -> None:
    """Every method raises BackendUnavailable, with a sentence that names neither host nor bucket; nothing passes
    for lost."""
    for use in USES:
        with pytest.raises(BackendUnavailable, match=r"^The storage cannot be written or read right now; please"):
            use(broken, source)
    assert list(source.parent.iterdir()) == [source]


def test_a_server_that_dies_in_the_middle_says_so(tmp_path: Path, source: Path, s3_server: S3Server) -> None:
    """A client that spoke with it before finds it gone; when it is back all is there."""
    server = S3Server(tmp_path / "s3")
    storage = S3Storage(server.make_bucket(), endpoint=server.endpoint, attempts=1)
    storage.put(KEY, source)
    server.stop()
    with pytest.raises(BackendUnavailable):
        storage.exists(KEY)
    again = S3Server(tmp_path / "s3", address=server.endpoint.removeprefix("http://"))
    try:
        storage.fetch(KEY, tmp_path / "fetched")
    finally:
        again.stop()
    assert (tmp_path / "fetched").read_bytes() == b"some bytes"


def test_a_full_disk_on_either_side_says_so(tmp_path: Path, source: Path, s3_server: S3Server) -> None:
    """The server takes no more: nothing of the file is there. No room here: nothing of it either."""
    server = S3Server(tmp_path / "s3")
    try:
        storage = S3Storage(server.make_bucket(), endpoint=server.endpoint, attempts=1)
        source.write_bytes(b"x" * 100_000)
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (50_000, resource.RLIM_INFINITY))
        with pytest.raises(BackendUnavailable):
            storage.put(KEY, source)
        assert not storage.exists(KEY)
        resource.prlimit(
            server.process.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY)
        )
        storage.put(KEY, source)
        soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
        try:
            with pytest.raises(BackendUnavailable):
                storage.fetch(KEY, tmp_path / "fetched")
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert {path.name for path in tmp_path.iterdir()} == {"s3", "s3.log", "source"}
    finally:
        server.stop()


def test_every_error_of_boto3_is_mapped() -> None:
    """What a later release adds is seen here, not by a visitor. Two speak of descriptions of services that are
    wrong, and are no matter of an answer."""
    mapped = (
        botocore.exceptions.BotoCoreError,
        botocore.exceptions.ClientError,
        boto3.exceptions.Boto3Error,
        OSError,
    )
    found = {
        error.__name__
        for module in (botocore.exceptions, boto3.exceptions)
        for error in vars(module).values()
        if isinstance(error, type) and issubclass(error, Exception) and error.__module__ == module.__name__
        if not issubclass(error, (*mapped, Warning))
    }
    assert found == {"UndefinedModelAttributeError", "MissingServiceIdError"}


def test_what_cannot_be_used_is_said_at_start_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A region that is none, for example."""
    with pytest.raises(SettingsError, match="cannot be used"):
        S3Storage("bucket", region="no region at all")
