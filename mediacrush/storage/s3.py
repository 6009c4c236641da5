"""Storage in a bucket of Amazon S3, or of any other store that speaks its protocol."""

import hashlib
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from boto3.s3.transfer import TransferConfig
from botocore.exceptions import ClientError

from mediacrush.errors import BackendUnavailable
from mediacrush.model.formats import mime_of_filename
from mediacrush.storage import aws
from mediacrush.storage.base import split_key

if TYPE_CHECKING:
    from types_boto3_s3 import S3Client

log = logging.getLogger(__name__)

# Files above 16 MiB go in parts of as much, four at a time, each read from the file as it is sent. What arrives
# waits for the disk in at most 64 blocks of 256 KiB.
_TRANSFER = TransferConfig(
    multipart_threshold=2**24, multipart_chunksize=2**24, max_concurrency=4, max_io_queue=64, io_chunksize=2**18
)
# As long as somebody may watch a film, and no longer than a role's credentials hold.
_SIGNED_FOR_S = 6 * 3600
_YEAR_S = 365 * 24 * 3600
_DIGEST = "sha256"
_UNAVAILABLE = "The storage cannot be written or read right now; please try again."
_SIGNED_METHODS = {"GET": "get_object", "HEAD": "head_object"}


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
        attempts: int = aws.ATTEMPTS,
    ) -> None:
        """`prefix` is empty or ends in a slash. Raises SettingsError when no client can be made of these."""
        self._bucket = bucket
        self._prefix = prefix
        # What stores understand that are not Amazon's: the bucket in the path, and a signature over the body in
        # place of checksums in trailers.
        config = aws.configured(
            attempts,
            signature_version="s3v4",
            s3={"addressing_style": "path", "payload_signing_enabled": True} if endpoint else None,
            request_checksum_calculation="when_required" if endpoint else "when_supported",
            response_checksum_validation="when_required" if endpoint else "when_supported",
        )
        self._client: aws.ClientOfProcess[S3Client] = aws.ClientOfProcess(
            lambda session: session.client("s3", endpoint_url=endpoint, region_name=region, config=config)
        )

    def put(self, key: str, path: Path) -> None:
        folder, name = split_key(key)
        with aws.reported(_UNAVAILABLE):
            self._client().upload_file(
                str(path),
                self._bucket,
                self._name(key),
                Config=_TRANSFER,
                ExtraArgs={
                    "ContentType": mime_of_filename(name),
                    "CacheControl": _cache_control(folder, name),
                    "Metadata": {_DIGEST: _digest(path)},
                },
            )

    def fetch(self, key: str, path: Path) -> None:
        name = self._name(key)
        with aws.reported(_UNAVAILABLE):
            try:
                head = self._client().head_object(Bucket=self._bucket, Key=name)
                self._client().download_file(self._bucket, name, str(path), Config=_TRANSFER)
            except ClientError as error:
                if self._is_missing(error):
                    raise KeyError(key) from None
                raise
            # Stores write the names of metadata as they like; one that forgot what it was told is believed.
            told = {name.lower(): value for name, value in head["Metadata"].items()}
            is_whole = told.get(_DIGEST) in (None, _digest(path))
        if not is_whole:
            path.unlink()
            log.error("%s: what came from the bucket is not what was put there", key)
            raise BackendUnavailable(_UNAVAILABLE)

    def exists(self, key: str) -> bool:
        name = self._name(key)
        with aws.reported(_UNAVAILABLE):
            try:
                self._client().head_object(Bucket=self._bucket, Key=name)
            except ClientError as error:
                if self._is_missing(error):
                    return False
                raise
        return True

    def delete(self, key: str) -> None:
        name = self._name(key)
        with aws.reported(_UNAVAILABLE):
            self._client().delete_object(Bucket=self._bucket, Key=name)

    def list(self, prefix: str) -> Iterator[str]:
        with aws.reported(_UNAVAILABLE):
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
        with aws.reported(_UNAVAILABLE):
            return self._client().generate_presigned_url(
                _SIGNED_METHODS[method], Params=parameters, ExpiresIn=_SIGNED_FOR_S
            )

    def hosts(self) -> tuple[str, ...]:
        address = urlsplit(self.signed_url("public/any") or "")
        return (f"{address.scheme}://{address.netloc}",)

    def _is_missing(self, error: ClientError) -> bool:
        """Whether there is no such object. Raises ClientError where there is no bucket: then nothing is lost."""
        if error.response.get("Error", {}).get("Code") not in ("404", "NoSuchKey"):
            return False
        self._client().head_bucket(Bucket=self._bucket)
        return True

    def _name(self, key: str) -> str:
        split_key(key)
        return self._prefix + key


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, _DIGEST).hexdigest()


def _cache_control(folder: str, name: str) -> str:
    """What browsers and the CDN may do with an object, as web/files.py says it of local files."""
    if folder != "public":
        return "private, no-store"
    if name.endswith(".zip"):
        return "public, no-cache"
    return f"public, max-age={_YEAR_S}, immutable"
