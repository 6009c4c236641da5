"""Subtitles and chapters as a browser loads them, under our content security policy."""

from pathlib import Path

import pytest
from playwright.sync_api import Page

from tests.browser.waits import wait_until
from tests.samples import ffmpeg
from tests.site import Site

_WORDS = "1\n00:00:00,500 --> 00:00:01,000\nHallo <i>du</i> & ihr\n\n2\n00:00:02,000 --> 00:00:03,000\n1 < 2\n"
_CHAPTERS = ";FFMETADATA1\n[CHAPTER]\nTIMEBASE=1/1\nSTART=0\nEND=3\ntitle=A & <b>\n"
_LOADED = """() => {
  const tracks = [...document.querySelectorAll("track:not([label='thumbnails'])")];
  for (const { track } of tracks) if (track.mode === "disabled") track.mode = "hidden";
  return tracks.length === 2 && tracks.every((track) => track.readyState === HTMLTrackElement.LOADED);
}"""
_CUES = """() => [...document.querySelector("video").textTracks].slice(0, 2).map((track) => [
  track.kind, track.language, [...track.cues].map((cue) => cue.getCueAsHTML().textContent),
])"""


@pytest.fixture
def film(site: Site, tmp_path: Path) -> str:
    """The hash of a film with German subtitles and a chapter, done."""
    (tmp_path / "words.srt").write_text(_WORDS)
    (tmp_path / "chapters").write_text(_CHAPTERS)
    ffmpeg(
        tmp_path / "film.mp4",
        *("-f", "lavfi", "-i", "testsrc2=size=320x240:duration=6:rate=10"),
        *("-i", str(tmp_path / "words.srt"), "-i", str(tmp_path / "chapters")),
        *("-map", "0", "-map", "1", "-map_chapters", "2", "-c:v", "libx264", "-pix_fmt", "yuv420p"),
        *("-c:s", "mov_text", "-metadata:s:s:0", "language=ger"),
    )
    hash_: str = site.upload(tmp_path / "film.mp4").json["hash"]
    site.wait_for(hash_, "done")
    return hash_


@pytest.mark.parametrize("path", ["/{}", "/{}/direct", "/{}/frame"])
def test_tracks_load_their_cues(page: Page, film: str, path: str) -> None:
    """Words and names of chapters arrive as they were meant, and the film still plays beside them."""
    page.goto(path.format(film))
    wait_until(page, _LOADED)
    assert page.evaluate(_CUES) == [
        ["subtitles", "de", ["Hallo du & ihr", "1 < 2"]],
        ["chapters", "", ["A & <b>"]],
    ]
    page.locator("video").evaluate("video => video.play()")
    wait_until(page, "document.querySelector('video').currentTime > 0.2")


def test_the_storyboard_is_a_track_as_well(page: Page, film: str) -> None:
    """A player that looks for stills finds each on the sheet that its cue names."""
    page.goto(f"/{film}")
    cues = page.evaluate(
        """async () => {
          const element = document.querySelector("track[label='thumbnails']");
          element.track.mode = "hidden";
          await new Promise((resolve) => element.addEventListener("load", resolve));
          return [...element.track.cues].map((cue) => new URL(cue.text, element.src).href);
        }"""
    )
    assert len(cues) == 6
    sheet, _, place = cues[3].partition("#xywh=")
    assert place == "480,0,160,120"
    size = page.evaluate(
        """async (address) => {
          const image = Object.assign(new Image(), { src: address });
          await image.decode();
          return [image.naturalWidth, image.naturalHeight];
        }""",
        sheet,
    )
    assert size == [960, 120]
