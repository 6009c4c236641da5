"""How a media is written in its record, and read from it; media.py says which fields there are."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from dataclasses import fields as dataclass_fields
from typing import Any

from mediacrush.model.media import BlobType, Flags, Media, PublishedFile, Role, Status
from mediacrush.model.split import Piece, PieceWork, Split

# Not a status that anyone sees: such a record is as good as gone, but still names the files that must go.
DELETING = "deleting"
# What a field is set to in order to be None: no text of ours holds a zero byte.
NONE = "\0"


def encode_media(media: Media) -> dict[str, str]:
    """Fields as Redis keeps them; what is None is left out."""
    apart = ("hash", "files", "splits", "piece_work", "version")
    fields = {name: getattr(media, name) for name in Media.__slots__ if name not in apart}
    return {name: encode_value(value) for name, value in fields.items() if value is not None}


def encode_value(value: Any) -> str:
    """The value of one field, which must not be None."""
    if isinstance(value, Flags | Split | PieceWork):
        return json.dumps(asdict(value), separators=(",", ":"))
    if isinstance(value, dict | tuple):
        return json.dumps(value, separators=(",", ":"))
    return str(int(value)) if isinstance(value, bool) else str(value)


def encode_file(file: PublishedFile) -> str:
    """Only what is not as usual: most of a record is its files."""
    usual = {field.name: field.default for field in dataclass_fields(PublishedFile)}
    told = {name: value for name, value in asdict(file).items() if value != usual[name]}
    return json.dumps(told, separators=(",", ":"))


def decode_files(record: dict[str, str]) -> tuple[PublishedFile, ...]:
    """The published files in a record."""
    values = (json.loads(value) for name, value in record.items() if name.startswith("file:"))
    return tuple(PublishedFile(**value | {"role": Role(value["role"])}) for value in values)


def decode_splits(record: dict[str, str]) -> dict[str, Split]:
    """The splits in a record, by step."""
    values = (json.loads(value) for name, value in record.items() if name.startswith(split_field("")))
    splits = (Split(**value | {"pieces": tuple(Piece(**piece) for piece in value["pieces"])}) for value in values)
    return {split.step: split for split in splits}


def split_field(step: str) -> str:
    """The name of the field in which the split of a step is."""
    return f"split:{step}"


def piece_field(split: Split, number: int) -> str:
    """The name of the field in which the work on a piece is."""
    return f"piece:{split.step}.{number}"


def _piece_work(record: dict[str, str], splits: Iterable[Split]) -> dict[tuple[str, int], PieceWork]:
    pieces = ((split, number) for split in splits for number in range(len(split.pieces)))
    texts = {(split.step, number): record.get(piece_field(split, number)) for split, number in pieces}
    return {piece: PieceWork(**json.loads(text)) for piece, text in texts.items() if text}


def decode_media(hash_: str, record: dict[str, str]) -> Media | None:
    """The media in a record as Redis keeps it; None for none, and for one that is being deleted."""
    if not record or record.get("status") == DELETING or "original_key" not in record:
        return None
    media = Media(
        hash=hash_,
        sha256=record["sha256"],
        mime=record["mime"],
        extension=record["extension"],
        blob_type=BlobType(record["blob_type"]),
        original_key=record["original_key"],
        size_bytes=int(record["size_bytes"]),
        created_at=float(record["created_at"]),
        status=Status(record["status"]),
    )
    splits = decode_splits(record)
    return replace(
        media,
        is_probed=record.get("is_probed") == "1",
        is_animation=record.get("is_animation") == "1",
        progress=float(record.get("progress", 0)),
        message=record.get("message"),
        flags=Flags(**json.loads(record.get("flags", "{}"))),
        metadata=json.loads(record.get("metadata", "{}")),
        files=decode_files(record),
        left_out=tuple(json.loads(record.get("left_out", "[]"))),
        title=record.get("title"),
        description=record.get("description"),
        is_text_locked=record.get("is_text_locked") == "1",
        attempts=int(record.get("attempts", 0)),
        splits=splits,
        piece_work=_piece_work(record, splits.values()),
        request_id=record.get("request_id"),
        version=int(record.get("version", 0)),
    )
