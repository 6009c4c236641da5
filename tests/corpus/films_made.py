"""Films that take more than one run of ffmpeg, or a film of another kind."""

from collections.abc import Callable
from pathlib import Path

from tests.corpus.cases import BLUE, GREEN, WHITE, Quadrants
from tests.corpus.scenes import by_ffmpeg, copied, film, tone

_X264 = ("-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p")
PRORES_4444 = ("-c:v", "prores_ks", "-profile:v", "4444", "-pix_fmt", "yuva444p10le")
ALPHA = ("-pix_fmt", "yuva420p", "-auto-alt-ref", "0", "-metadata:s:v", "alpha_mode=1")
# The first quarter is transparent, and shown on white.
CUT_OUT: Quadrants = (WHITE, GREEN, BLUE, WHITE)
# How frames must lie for a turn of so many degrees anticlockwise to bring them upright.
_UNDO = {90: "transpose=clock", 180: "hflip,vflip", 270: "transpose=cclock"}


def rotated(degrees: int, *encoder: str) -> Callable[[Path], None]:
    """A maker of a film that lies on its side, with a display matrix that sets it upright."""
    sound = ("-c:a", "aac", "-b:a", "64k")
    lying = by_ffmpeg(*film(), *tone(), "-vf", _UNDO[degrees], *(encoder or _X264), *sound)
    return copied(lying, ("-display_rotation", str(degrees)), "-c", "copy", suffix=".mp4")


def unsteady() -> tuple[str, ...]:
    """ffmpeg's arguments for a film in which every third frame stays longer."""
    return (*film(rate=30), "-vf", "select='mod(n\\,3)+eq(n\\,0)'")


def interlaced(*encoder: str) -> Callable[[Path], None]:
    """A maker of a film of 25 frames a second in which every second row shows a later moment."""
    order = "bottom" if "bff=1" in encoder else "top"
    woven = f"tinterlace=interleave_{order},setfield={order[0]}ff"
    return by_ffmpeg(*film(rate=50), *tone(), "-vf", woven, *encoder)


def hd(colours: str, *encoder: str) -> Callable[[Path], None]:
    """A maker of a film in the colours of BT.709 that says so, or that it has others."""
    said = f"setparams=colorspace={colours}:color_primaries={colours}:color_trc={colours}"
    return by_ffmpeg(*film("1280x720", 5), "-vf", f"scale=out_color_matrix=bt709,format=yuv420p,{said}", *encoder)


def cut_out() -> tuple[str, ...]:
    """ffmpeg's arguments for a film whose first quarter is transparent."""
    *_, graph = film()
    return ("-f", "lavfi", "-i", f"{graph},format=rgba,drawbox=w=iw/2:h=ih/2:c=black@0:replace=1:t=fill")


def hdr(transfer: str) -> Callable[[Path], None]:
    """A maker of a film in the colours of BT.2020, as bright as a page of text is on a screen of that kind."""
    colours = f"colorprim=bt2020:transfer={transfer}:colormatrix=bt2020nc"
    filters = (
        "format=gbrp,setparams=colorspace=gbr:color_trc=bt709:color_primaries=bt709:range=pc,"
        "zscale=transfer=linear:npl=203,format=gbrpf32le,"
        f"zscale=primaries=bt2020:transfer={transfer}:matrix=bt2020nc:range=limited:npl=203,format=yuv420p10le"
    )
    light = ":hdr10=1:master-display=G(13250,34500)B(7500,3000)R(34000,16000)WP(15635,16450)L(10000000,1)"
    more = light + ":max-cll=1000,400" if transfer == "smpte2084" else ""
    return by_ffmpeg(
        *film(),
        *("-vf", filters, "-c:v", "libx265", "-preset", "ultrafast"),
        *("-x265-params", f"log-level=error:{colours}{more}"),
    )
