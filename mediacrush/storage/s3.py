"""Storage in a bucket of Amazon S3, or of any other store that speaks its protocol.

Credentials come from where boto3 looks for them: environment, files, the machine's role.
"""

import hashlib
import logging
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mediacrush import metrics
from mediacrush.errors import BackendUnavailable, SettingsError
from mediacrush.model.formats import mime_of_filename
from mediacrush.storage.base import split_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

log = logging.getLogger(__name__)

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60
# With back-off of up to 1, 2, 4 and 8 s in between.
_ATTEMPTS = 5
# Files above 16 MiB go in parts of as much, four at a time: 64 MiB under way is what a put holds at most, in the
# kernel's buffers and not in ours.
_TRANSFER = TransferConfig(multipart_threshold=2**24, multipart_chunksize=2**24, max_concurrency=4)
# As long as somebody may watch a film, and no longer than a role's credentials hold.
_SIGNED_FOR_S = 6 * 3600
_YEAR_S = 365 * 24 * 3600
_DIGEST = "sha256"
_UNAVAILABLE = "The storage cannot be written or read right now; please try again."
_SIGNED_METHODS = {"GET": "get_object", "HEAD": "head_object"}
# A session makes one client at a time.
_session_lock = threading.Lock()


class S3Storage:
    """Keys as objects: `public/CPvuR5lRhmS0.mp4` is `<prefix>public/CPvuR5lRhmS0.mp4` in `bucket`.

    Each object bears the SHA-256 of its bytes, taken before they left, and a fetch compares. On the way S3 checks
    them too: its own checksums, or with an `endpoint` the signature's, which every store knows.
    """

    def __init__(
        self,
        bucket: str,
        *,
        prefix: str = "",
        endpoint: str | None = None,
        region: str | None = None,
        attempts: int = _ATTEMPTS,
    ) -> None:
        """`prefix` is empty or ends in a slash. Raises SettingsError when no client can be made of these."""
        self._bucket = bucket
        self._prefix = prefix
        self._endpoint = endpoint
        self._region = region
        # What stores understand that are not Amazon's: the bucket in the path, and a signature over the body in
        # place of checksums in trailers.
        self._config = Config(
            connect_timeout=_CONNECT_TIMEOUT_S,
            read_timeout=_READ_TIMEOUT_S,
            retries={"mode": "standard", "total_max_attempts": attempts},
            signature_version="s3v4",
            tcp_keepalive=True,
            s3={"addressing_style": "path", "payload_signing_enabled": True} if endpoint else None,
            request_checksum_calculation="when_required" if endpoint else "when_supported",
            response_checksum_validation="when_required" if endpoint else "when_supported",
        )
        self._clients: dict[int, S3Client] = {}
        try:
            self._client()
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"The storage that the S3 settings name cannot be used: {error}.") from error

    def put(self, key: str, path: Path) -> None:
        folder, name = split_key(key)
        with _reported():
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, _DIGEST).hexdigest()
            self._client().upload_file(
                str(path),
                self._bucket,
                self._name(key),
                Config=_TRANSFER,
                ExtraArgs={
                    "ContentType": mime_of_filename(name),
                    "CacheControl": _cache_control(folder, name),
                    "Metadata": {_DIGEST: digest},
                },
            )

    def fetch(self, key: str, path: Path) -> None:
        name = self._name(key)
        with _reported():
            try:
                head = self._client().head_object(Bucket=self._bucket, Key=name)
                self._client().download_file(self._bucket, name, str(path), Config=_TRANSFER)
            except ClientError as error:
                if _is_missing(error):
                    raise KeyError(key) from None
                raise
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, _DIGEST).hexdigest()
        if head["Metadata"].get(_DIGEST, digest) != digest:
            path.unlink()
            log.error("%s: what came from the bucket is not what was put there", key)
            raise BackendUnavailable(_UNAVAILABLE)

    def exists(self, key: str) -> bool:
        name = self._name(key)
        with _reported():
            try:
                self._client().head_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if _is_missing(error):
                    return False
                raise
        return True

    def delete(self, key: str) -> None:
        name = self._name(key)
        with _reported():
            self._client().delete_object(Bucket=self._bucket, Key=name)

    def list(self, prefix: str) -> Iterator[str]:
        with _reported():
            pages = self._client().get_paginator("list_objects_v2")
            for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix + prefix):
                for item in page.get("Contents", ()):
                    yield item["Key"].removeprefix(self._prefix)

    def local_path(self, key: str) -> Path | None:
        return None

    def signed_url(self, key: str, *, method: str = "GET", download_name: str | None = None) -> str | None:
        parameters = {"Bucket": self._bucket, "Key": self._name(key)}
        if download_name is not None:
            parameters["ResponseContentDisposition"] = f'attachment; filename="{download_name}"'
        with _reported():
            return self._client().generate_presigned_url(
                _SIGNED_METHODS[method], Params=parameters, ExpiresIn=_SIGNED_FOR_S
            )

    def _name(self, key: str) -> str:
        split_key(key)
        return self._prefix + key

    def _client(self) -> "S3Client":
        """The client of this process: connections must not be shared with a parent, and threads may share it."""
        with _session_lock:
            pid = os.getpid()
            if pid not in self._clients:
                self._clients = {
                    pid: _session().client(
                        "s3", endpoint_url=self._endpoint, region_name=self._region, config=self._config
                    )
                }
            return self._clients[pid]


@cache
def _session() -> boto3.Session:
    """What reads credentials and boto3's description of S3, half a second of work, once for all clients."""
    return boto3.Session()


def _cache_control(folder: str, name: str) -> str:
    """What browsers and the CDN may do with an object, as web/files.py says it of local files."""
    if folder != "public":
        return "private, no-store"
    if name.endswith(".zip"):
        return "public, no-cache"
    return f"public, max-age={_YEAR_S}, immutable"


def _is_missing(error: ClientError) -> bool:
    return error.response.get("Error", {}).get("Code") in ("404", "NoSuchKey")


@contextmanager
def _reported() -> Iterator[None]:
    """What boto3 and the disk raise, as BackendUnavailable; the reason is for the log, never for a visitor."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
        log.warning("storage: %s", error)
        metrics.BACKEND_ERRORS.labels("storage").inc()
        raise BackendUnavailable(_UNAVAILABLE) from error
