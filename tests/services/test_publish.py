"""Making files addressable: several at once, in place of another, or not at all."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush.backends import Backends
from mediacrush.database.media import public_key
from mediacrush.errors import BackendUnavailable
from mediacrush.model.media import Media, Role
from mediacrush.pipeline.steps import STEM, Command, Output, Stage, Step, Tool
from mediacrush.services import library
from mediacrush.services.publish import MediaGone, is_needless, publish
from mediacrush.services.upload import Accepted
from mediacrush.storage.cdn import ListCDN
from tests.samples import Samples

Upload = Callable[..., Accepted]


@pytest.fixture
def media(upload: Upload, samples: Samples, backends: Backends) -> Media:
    """A film that nothing was made of yet."""
    return library.find_media(backends, upload(samples["silent.mp4"]).hash)


def output(name: str, suffix: str, **facts: object) -> Output:
    """A rendition of this name."""
    return Output(**({"name": name, "suffix": suffix, "mime": "video/mp4", "role": Role.RENDITION} | facts))


def step(*outputs: Output, **facts: object) -> Step:
    """A step that makes these."""
    command = Command(tool=Tool.WRITE, arguments=("x", "y"))
    return Step(stage=Stage.DEFERRED, commands=(command,), outputs=outputs, **facts)


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., tuple[Path, ...]]:
    """Files with these contents."""

    def run(*contents: bytes) -> tuple[Path, ...]:
        paths = tuple(tmp_path / f"{number}" for number in range(len(contents)))
        for path, content in zip(paths, contents, strict=True):
            path.unlink(missing_ok=True)  # storage may hold the same file by another name
            path.write_bytes(content)
        return paths

    return run


Write = Callable[..., tuple[Path, ...]]


def stored(backends: Backends, filename: str) -> bytes | None:
    """The content under this name in storage."""
    path = backends.storage.local_path(public_key(filename))
    return path.read_bytes() if path else None


def test_several_files_appear_at_once(backends: Backends, media: Media, write: Write) -> None:
    """All are stored and listed, a part is served unlisted, and texts name the neighbours by the hash."""
    made = step(
        output("720p.mp4", ".720p.mp4", role=Role.PART),
        output("hls", ".m3u8", mime="application/vnd.apple.mpegurl", names_neighbours=True),
    )
    before = backends.media.get_version(media.hash)
    after = publish(backends, media, made, write(b"film", f"{STEM}.720p.mp4".encode()))
    read = library.find_media(backends, media.hash)
    assert after is not None
    assert set(after.files) == set(read.files)
    assert int(backends.media.get_version(media.hash) or 0) == int(before or 0) + 1
    assert [file.name for file in read.listed_files] == ["hls"]
    assert stored(backends, f"{media.hash}.m3u8") == f"{media.hash}.720p.mp4".encode()
    assert library.find_file(backends, media.hash, f"{media.hash}.720p.mp4").role is Role.PART


def test_what_saves_too_little_is_left_out(backends: Backends, media: Media, write: Write) -> None:
    """Against the smallest file that shows all there is; a smaller version does not count."""
    with_whole = publish(backends, media, step(output("mp4", ".mp4")), write(b"x" * 100))
    assert with_whole is not None
    with_low = publish(backends, with_whole, step(output("low", ".low.mp4", is_full_size=False)), write(b"x"))
    assert with_low is not None
    lighter = step(output("light", ".light.mp4", min_saving=0.3))
    assert publish(backends, with_low, lighter, write(b"x" * 71)) is None
    assert stored(backends, f"{media.hash}.light.mp4") is None
    assert publish(backends, with_low, lighter, write(b"x" * 70)) is not None


def test_a_middle_file_can_be_left_out_alone(backends: Backends, media: Media, write: Write) -> None:
    """The last output vouches for the step; another that is not worth it is missing, and nothing else."""
    with_whole = publish(backends, media, step(output("mp4", ".mp4")), write(b"x" * 100))
    assert with_whole is not None
    made = step(output("light", ".light.mp4", min_saving=0.3), output("hls", ".m3u8"))
    after = publish(backends, with_whole, made, write(b"x" * 100, b"manifest"))
    assert after is not None
    assert {file.name for file in after.files} == {"mp4", "hls"}


def test_what_is_too_large_is_left_out(backends: Backends, media: Media, write: Write) -> None:
    """A film for chats that no chat takes is none."""
    chat = step(output("chat", ".chat.mp4", max_bytes=10))
    assert publish(backends, media, chat, write(b"x" * 11)) is None
    assert publish(backends, media, chat, write(b"x" * 10)) is not None


def test_a_file_takes_anothers_place(backends: Backends, media: Media, write: Write) -> None:
    """Under the same name, listed once, and neither step is done again."""
    first = publish(backends, media, step(output("original", ".mp4", role=Role.ORIGINAL)), write(b"x" * 100))
    assert first is not None
    smaller = step(output("optimised", ".mp4", role=Role.ORIGINAL, min_saving=0.02), replaces="original")
    assert publish(backends, first, smaller, write(b"y" * 99)) is None
    after = publish(backends, first, smaller, write(b"y" * 98))
    read = library.find_media(backends, media.hash)
    assert after is not None
    assert after.settled_steps == read.settled_steps == {"original", "optimised"}
    assert [file.name for file in read.files] == ["optimised"]
    assert read.original is not None
    assert read.original.size_bytes == 98
    assert stored(backends, f"{media.hash}.mp4") == b"y" * 98


class _AwayCDN(ListCDN):
    """Does not answer as long as it `is_away`."""

    is_away = True

    def invalidate(self, paths: Sequence[str]) -> None:
        if self.is_away:
            raise BackendUnavailable("The CDN does not answer right now; please try again.")
        super().invalidate(paths)


def test_a_cdn_forgets_what_was_replaced(backends: Backends, media: Media, write: Write) -> None:
    """And nothing else. While it does not answer, it is told again later."""
    cdn = _AwayCDN()
    site = replace(backends, cdn=cdn)
    first = publish(site, media, step(output("original", ".mp4", role=Role.ORIGINAL)), write(b"x" * 100))
    assert first is not None
    assert site.invalidations.owed() == []
    assert publish(site, first, step(output("optimised", ".mp4"), replaces="original"), write(b"y")) is not None
    library.tell_the_edge_again(site, 0)
    assert site.invalidations.owed(60) == []
    assert site.invalidations.owed() == [media.hash]
    cdn.is_away = False
    library.tell_the_edge_again(site, 0)
    assert (cdn.invalidated, site.invalidations.owed()) == ([[f"/{media.hash}*"]], [])


def test_a_deleted_media_leaves_no_file(backends: Backends, media: Media, write: Write) -> None:
    """What was stored for a media that is gone by then goes too."""
    library.delete(backends, media)
    made = step(output("720p.mp4", ".720p.mp4", role=Role.PART), output("hls", ".m3u8"))
    with pytest.raises(MediaGone):
        publish(backends, media, made, write(b"film", b"manifest"))
    assert list(backends.storage.list("public/")) == []


def test_a_delete_takes_parts_along(backends: Backends, media: Media, write: Write) -> None:
    """Nothing of a ladder is left, listed or not."""
    made = step(output("720p.mp4", ".720p.mp4", role=Role.PART), output("hls", ".m3u8"))
    after = publish(backends, media, made, write(b"film", b"manifest"))
    assert after is not None
    library.delete(backends, after)
    assert list(backends.storage.list("public/")) == []


def test_a_small_film_needs_no_smaller_one(backends: Backends, media: Media, write: Write) -> None:
    """A step that is only for large films is needless where a whole one of its kind is small already."""
    chat = step(output("chat", ".chat.mp4"), unless_smaller_than=100)
    assert not is_needless(media, chat)
    small = publish(backends, media, step(output("mp4", ".mp4")), write(b"x" * 100))
    assert small is not None
    assert is_needless(small, chat)
    assert not is_needless(small, step(output("chat", ".chat.mp4"), unless_smaller_than=99))
    assert not is_needless(small, step(output("webm", ".webm", mime="video/webm"), unless_smaller_than=100))
