"""Names of media: the 12 characters that clients know, and who may compute them.

Since 2013 clients derive the name themselves before they upload: base64 of the MD5 digest, its first 12
characters, with `-` and `_` for `+` and `/`. It is a name, not a proof of identity; SHA-256 is that.
"""

import base64
import re

HASH_LENGTH = 12
_HASH = re.compile(rf"[A-Za-z0-9_-]{{{HASH_LENGTH}}}")
_SHA256_HEX = re.compile(r"[0-9a-f]{64}")


def is_hash(text: str) -> bool:
    """Whether `text` has the form of a media's name."""
    return _HASH.fullmatch(text) is not None


def is_sha256(text: str) -> bool:
    """Whether `text` is a SHA-256 digest in lower-case hexadecimal."""
    return _SHA256_HEX.fullmatch(text) is not None


def hashes_in(text: str) -> list[str]:
    """The hashes in a comma-separated list, in order, each once; anything after 12 characters is options."""
    candidates = (item.strip()[:HASH_LENGTH] for item in text.split(","))
    return list(dict.fromkeys(candidate for candidate in candidates if is_hash(candidate)))


def candidate_hashes(md5: bytes, sha256: bytes) -> tuple[str, ...]:
    """Names for content with these digests, in the order in which they are tried.

    The first is the historical one. Where another file has it already (MD5 can be made to clash), the name
    comes from SHA-256: 43 characters of base64 hold three such names that do not overlap.
    """
    historical = _urlsafe(md5)[:HASH_LENGTH]
    ours = _urlsafe(sha256)
    return (historical, *(ours[start : start + HASH_LENGTH] for start in range(0, 36, HASH_LENGTH)))


def _urlsafe(digest: bytes) -> str:
    return base64.urlsafe_b64encode(digest).decode("ascii")
