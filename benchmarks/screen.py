"""A screen recording: a page that Chromium draws, photographed frame by frame, without loss.

Ten seconds as people record them: code is typed while a cursor blinks, a long text is scrolled in jerks as a wheel
does it, and a window opens over both while the pointer moves. Each frame is a function of its number only.
"""

import html
import inspect
import keyword
import re
import subprocess
import textwrap
from collections.abc import Iterator
from pathlib import Path

import imageio_ffmpeg
from playwright.sync_api import Page

from tests.browser.chromium import chromium

_WIDTH, _HEIGHT, _FRAME_RATE, _DURATION_S = 1920, 1080, 30, 10
_WORD = re.compile(rf"\b(?:{'|'.join(keyword.kwlist)})\b")
# Its own source is at hand on every machine and looks as code does.
_CODE = inspect.getsource(textwrap).splitlines()
_STYLE = """
body { margin: 0; font: 17px/1.5 sans-serif; display: flex; height: 100vh; overflow: hidden; background: #fff }
pre { margin: 0; padding: 16px 24px; width: 960px; background: #1e1e2e; color: #cdd6f4; font: 16px/22px monospace }
pre b { color: #cba6f7; font-weight: normal } pre i { color: #a6e3a1; font-style: normal }
#cursor { background: #f5e0dc } article { flex: 1; padding: 0 48px; overflow: hidden } h2 { color: #1a56b0 }
#window { position: absolute; left: 620px; top: 260px; width: 720px; background: #f8f8f8; border-radius: 10px;
  box-shadow: 0 12px 48px #0008; padding: 24px } li { padding: 4px 8px } li.on { background: #2563eb; color: #fff }
#pointer { position: absolute; width: 0; height: 0; border: 9px solid transparent; border-top-color: #000;
  border-left-color: #000 }
"""
_SCRIPT = """
const text = document.querySelector('article'), code = document.getElementById('typed');
const panel = document.getElementById('window'), pointer = document.getElementById('pointer');
const items = [...document.querySelectorAll('li')];
function show([lines, plain, second]) {
  const typed = Math.floor(Math.min(second, 4) * 14), whole = 30 + Math.floor(typed / 40);
  const cursor = Math.floor(second * 2) % 2 ? '' : '<span id="cursor"> </span>';
  const above = lines.slice(Math.max(0, whole - 44), whole).join('\\n');
  code.innerHTML = `${above}\\n<span></span>${cursor}`;
  code.querySelector('span').textContent = plain[whole].slice(0, typed % 40);
  const turns = Math.max(0, Math.min(second, 8) - 3) / 0.8, done = Math.floor(turns);
  const step = Math.min(1, (turns - done) * 2);
  text.scrollTop = 420 * (done + step * step * (3 - 2 * step));
  panel.style.display = second < 7 ? 'none' : 'block';
  items.forEach((item, n) => item.classList.toggle('on', n === Math.floor((second - 7) * 4)));
  pointer.style.left = 900 + 500 * Math.sin(second * 1.3) + 'px';
  pointer.style.top = 500 + 260 * Math.cos(second * 0.9) + 'px';
}
"""


def record(executable: str, path: Path) -> None:
    """Write the recording to `path`: H.264 without loss, 4:2:0, 1920x1080, 30 frames a second, no sound.

    `executable` is the path of a Chromium. Raises RuntimeError when the frames can't be encoded.
    """
    source = ("-f", "image2pipe", "-framerate", str(_FRAME_RATE), "-c:v", "png", "-i", "-")
    colours = ("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-colorspace", "bt709")
    encoder = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-pix_fmt", "yuv420p", "-f", "matroska")
    command = (imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-y", *source, *colours, *encoder, str(path))
    with chromium(executable) as browser:
        page = browser.new_page(viewport={"width": _WIDTH, "height": _HEIGHT})
        page.set_content(_page())
        frames = b"".join(_frames(page))
    if subprocess.run(command, input=frames, check=False).returncode:
        raise RuntimeError("The recording could not be encoded.")


def _frames(page: Page) -> Iterator[bytes]:
    """Each frame as a PNG."""
    lines = [_coloured(line) for line in _CODE]
    for number in range(_FRAME_RATE * _DURATION_S):
        page.evaluate("show", [lines, _CODE, number / _FRAME_RATE])
        yield page.screenshot(type="png")


def _page() -> str:
    words = [word for line in (textwrap.__doc__ or "", *_CODE) for word in re.findall(r"[A-Za-z]{2,}", line)]
    paragraphs = (" ".join(words[start : start + 60]) for start in range(0, len(words), 60))
    text = "".join(f"<h2>Part {n}</h2><p>{part}.</p>" for n, part in enumerate(paragraphs, start=1))
    items = "".join(f"<li>{html.escape(line.strip())}</li>" for line in _CODE if line.strip().startswith("def "))
    return (
        f"<!DOCTYPE html><style>{_STYLE}</style><pre id=typed></pre><article>{text}</article>"
        f"<div id=window><ul>{items}</ul></div><div id=pointer></div><script>{_SCRIPT}</script>"
    )


def _coloured(line: str) -> str:
    escaped = html.escape(line, quote=False)
    strings = re.sub(r"'[^']*'", r"<i>\g<0></i>", escaped)
    return _WORD.sub(r"<b>\g<0></b>", strings)
