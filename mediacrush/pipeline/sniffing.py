"""Pictures by their first bytes, as MIME types.

libmagic takes some for text, others for data, and has several names for one kind; and it takes for pictures what
only begins like one.
"""

from mediacrush.model import formats
from mediacrush.pipeline.pictures.signatures import picture_kind

_ANYTHING = "application/octet-stream"


def picture_mime(head: bytes) -> str | None:
    """The MIME type of the row for the picture that starts so (4 KiB are enough), None when it is none."""
    kind = picture_kind(head)
    row = formats.by_pillow(kind) if kind else None
    return row.mime if row else None


def other_mime(mime: str) -> str:
    """What libmagic calls something that is no picture; a picture's name for it means nothing then."""
    row = formats.by_mime(mime)
    return _ANYTHING if row and row.pillow else mime
