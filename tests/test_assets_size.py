"""What other people's visitors must load is small."""

import gzip
import re
from pathlib import Path

import pytest

from mediacrush.web.assets import STATIC

_IMPORT = re.compile(r"""^import (?:[^'"]* from )?["'](\.[^"']+)["'];""", re.MULTILINE)

# On somebody else's page each byte is theirs: less than a small icon.
_SCRIPT_MAX_BYTES = 6 * 1024


def test_the_embedding_script_is_small() -> None:
    """mediacrush.js is under 6 KB as it is sent, and asks for nothing else."""
    script = (STATIC / "mediacrush.js").read_bytes()
    assert len(gzip.compress(script, 9)) < _SCRIPT_MAX_BYTES
    assert b"import" not in script


@pytest.mark.parametrize(
    ("script", "max_bytes"),
    [
        ("js/home.js", 20_000),
        ("js/view.js", 20_000),
        ("js/frame.js", 20_000),
        # What a film or a sound loads beside, once the page is there: the player's controls.
        ("js/controls.js", 70_000),
        # And what few films ever do: a ladder where it is chosen or a browser needs help; styled subtitles.
        ("vendor/hls.js/dist/hls.min.js", 190_000),
        ("js/scripts.js", 12_000),
    ],
)
def test_what_a_page_loads_is_small(script: str, max_bytes: int) -> None:
    """Gzipped, in bytes, with all that it imports. Only what plays has a player."""
    loaded = _loaded_with(STATIC / script, set())
    assert sum(len(gzip.compress(path.read_bytes())) for path in loaded) < max_bytes
    has_player = any("media-chrome" in path.parts for path in loaded)
    assert has_player == (script == "js/controls.js")


def _loaded_with(script: Path, seen: set[Path]) -> set[Path]:
    """The script and every module that it imports, but for what it asks for later."""
    if script not in seen:
        seen.add(script)
        for address in _IMPORT.findall(script.read_text()):
            _loaded_with((script.parent / address).resolve(), seen)
    return seen
