"""What a media says about itself, from its fields alone."""

from dataclasses import replace

import pytest

from mediacrush.model.media import BlobType, Media, PublishedFile, Role, Status


def media(*files: PublishedFile, size_bytes: int = 1000, **fields: object) -> Media:
    return replace(
        Media(
            hash="CPvuR5lRhmS0",
            sha256="0" * 64,
            mime="image/gif",
            extension="gif",
            blob_type=BlobType.VIDEO,
            original_key="originals/CPvuR5lRhmS0.1",
            size_bytes=size_bytes,
            created_at=1.0,
            files=files,
        ),
        **fields,
    )


def file(name: str, role: Role = Role.RENDITION, **fields: object) -> PublishedFile:
    published = PublishedFile(
        name=name, filename=f"CPvuR5lRhmS0.{name}", mime=f"video/{name}", role=role, size_bytes=100
    )
    return replace(published, **fields)


ORIGINAL = file("original", Role.ORIGINAL, preference=9, size_bytes=1000)
MP4 = file("mp4", preference=0)
WEBM = file("webm", preference=1, size_bytes=50)
POSTER = file("poster", Role.EXTRA, plays_in_browsers=False, size_bytes=10)
COVER = file("cover", Role.EXTRA, plays_in_browsers=False, size_bytes=5)


@pytest.mark.parametrize("files", [(ORIGINAL, POSTER, WEBM, MP4), (MP4, WEBM, POSTER, ORIGINAL)])
def test_files_are_listed_preferred_first(files: tuple[PublishedFile, ...]) -> None:
    """`files` holds the original and the renditions by preference, in whatever order they were published."""
    assert media(*files).listed_files == (MP4, WEBM, ORIGINAL)


def test_files_of_one_preference_are_listed_by_name() -> None:
    """Two files of the same preference have one order, so that an answer never changes by itself."""
    first, second = file("jpeg", preference=1), file("png", preference=1)
    assert media(second, first).listed_files == media(first, second).listed_files == (first, second)


def test_extras_are_no_files() -> None:
    """Poster and cover art are extras, by name, and never among the files to play."""
    shown = media(POSTER, MP4, COVER)
    assert shown.extras == (COVER, POSTER)
    assert shown.listed_files == shown.playable_files == (MP4,)


def test_only_what_browsers_show_is_playable() -> None:
    """An original that no browser plays is listed, and not playable."""
    original = replace(ORIGINAL, plays_in_browsers=False)
    assert media(original, WEBM, MP4).playable_files == (MP4, WEBM)
    assert original in media(original).listed_files


@pytest.mark.parametrize(
    ("files", "compression"),
    [
        ((), 1.0),
        ((ORIGINAL,), 1.0),
        ((ORIGINAL, MP4), 10.0),
        ((ORIGINAL, MP4, WEBM), 20.0),
        ((ORIGINAL, MP4, POSTER, COVER), 10.0),
        ((file("mp4", size_bytes=2000),), 0.5),
        ((file("mp4", size_bytes=112),), 8.93),
        ((file("mp4", size_bytes=0), file("webm", size_bytes=500)), 2.0),
        ((POSTER,), 1.0),
    ],
)
def test_compression_compares_with_the_smallest_file(files: tuple[PublishedFile, ...], compression: float) -> None:
    """Compression is the original's bytes by those of the smallest file that is no extra, to two decimals."""
    assert media(*files).compression == compression


@pytest.mark.parametrize(
    ("blob_type", "flags"),
    [
        (BlobType.VIDEO, ("autoplay", "loop", "mute", "nsfw")),
        (BlobType.IMAGE, ("nsfw",)),
        (BlobType.AUDIO, ("nsfw",)),
    ],
)
def test_flags_depend_on_the_kind(blob_type: BlobType, flags: tuple[str, ...]) -> None:
    """A video has all four flags, an image or a sound only the one."""
    assert media(blob_type=blob_type).flag_names == flags


def test_settled_steps_are_those_published_or_left_out() -> None:
    """A step need not be done again once its file is there or it was left out."""
    assert media(MP4, POSTER, left_out=("webm",)).settled_steps == {"mp4", "poster", "webm"}
    assert media().settled_steps == frozenset()


def test_a_file_is_found_by_its_step() -> None:
    """The file that a step published is found by the step's name; None where there is none."""
    assert media(MP4, WEBM).published("webm") is WEBM
    assert media(MP4).published("webm") is None


@pytest.mark.parametrize(
    ("status", "is_failure", "is_playable", "is_unfinished"),
    [
        ("pending", False, False, True),
        ("processing", False, False, True),
        ("ready", False, True, True),
        ("done", False, True, False),
        ("error", True, False, False),
        ("timeout", True, False, False),
        ("unrecognised", True, False, False),
        ("internal_error", True, False, False),
    ],
)
def test_status_says_what_is_left_to_do(
    status: str, is_failure: bool, is_playable: bool, is_unfinished: bool
) -> None:
    """Each word of the API says whether it failed, plays, or is still owed work."""
    value = Status(status)
    assert (value.is_failure, value.is_playable, value.is_unfinished) == (is_failure, is_playable, is_unfinished)


def test_there_are_no_other_statuses() -> None:
    """The API has eight words for a status; clients know no others."""
    assert len(Status) == 8
