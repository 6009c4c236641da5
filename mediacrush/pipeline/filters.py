"""FFmpeg filters that bring frames to what every encoder takes: progressive, square-pixelled, 8 bit SDR."""

from mediacrush.pipeline.ffmpeg_arguments import Options
from mediacrush.pipeline.ladder import MAX_FRAME_RATE
from mediacrush.pipeline.probe import VideoStream

# A frame for each two fields: twice the frames would be twice the bytes.
_DEINTERLACE = "bwdif=mode=send_frame:deint=interlaced"
# Looks at no other frame.
_DEINTERLACE_ALONE = "estdif=deint=interlaced:mode=frame"
# ITU-R BT.2408 puts the white of a page at 203 cd/m2. Moebius leaves the darker half of what is below it alone, so
# faces stay as bright as SDR has them, and bends only what is brighter.
_TONE_MAP = (
    "zscale=transfer=linear:npl=203",
    "format=gbrpf32le",
    "zscale=primaries=bt709",
    "tonemap=tonemap=mobius:param=0.5:desat=0",
    "zscale=transfer=bt709:matrix=bt709:range=limited",
)
# What both of FFmpeg's scalers read; at any other name, or one that contradicts the pixels, they stop. Films say
# such things in error, mostly. YCgCo and its like are rare enough to be shown in wrong colours.
_MATRICES = {"bt709", "fcc", "bt470bg", "smpte170m", "smpte240m", "bt2020nc"}
_NO_TRANSFERS = {"log100", "log316"}
# H.264 and browsers' AV1 have no alpha: what is transparent is shown on white, as most pages that held GIFs were.
ON_WHITE = (
    "format=rgba,split[top][under];[under]drawbox=color=white:replace=1:t=fill[white];"
    "[white][top]overlay=format=rgb"
)
# What JPEG calls black and white, as films have them: players take a film's word for it, or do not.
LIMITED = "scale=out_range=limited"
# Of RGB FFmpeg by itself makes BT.601, and does not say so: browsers take what is HD for BT.709 then.
NAMED_BT709 = "setparams=color_primaries=bt709:color_trc=bt709"
TO_BT709 = ("scale=out_color_matrix=bt709:out_range=limited", NAMED_BT709)
# A JPEG has BT.601's colours, black at 0 and white at 255 (JFIF 1.02).
AS_JPEG = ("scale=out_color_matrix=smpte170m:out_range=full", "format=yuvj420p")
# What does not say its colours has BT.709's from this size on, else BT.601's. It has to be told: browsers go by the
# size that they get, and a ladder has several.
_HD_WIDTH, _HD_HEIGHT = 1280, 577
# FFmpeg's own decoders of VP8 and VP9 pass over their alpha.
_ALPHA_DECODERS, _ALPHA_PIXELS = {"vp8": "libvpx", "vp9": "libvpx-vp9"}, "yuva420p"
# FFmpeg writes "no time" as the lowest number of 64 bits.
_NO_TIME = -1e17


def shaped(video: VideoStream, width: int, height: int) -> tuple[str, ...]:
    """The filters that every rendition begins with: frames of this size in pixels, 4:2:0. They are scaled before
    their colours are changed, which costs ten times as much a pixel."""
    return (
        *_understood(video),
        *((_DEINTERLACE,) if video.is_interlaced else ()),
        *((f"fps={MAX_FRAME_RATE}",) if video.frame_rate > MAX_FRAME_RATE else ()),
        *_scaled(video, width, height),
        *coloured(video),
    )


def still(video: VideoStream, width: int, height: int) -> tuple[str, ...]:
    """The same for frames that are no neighbours, without what `coloured` does afterwards."""
    return (
        *_understood(video),
        *((_DEINTERLACE_ALONE,) if video.is_interlaced else ()),
        *_scaled(video, width, height),
    )


def _understood(video: VideoStream) -> tuple[str, ...]:
    """Names for the colours of a film that has none, or none that fit."""
    named = {}
    is_hd = video.width >= _HD_WIDTH or video.height >= _HD_HEIGHT
    colours = "bt709" if is_hd or video.color_space else "smpte170m"
    is_named = is_rgb(video) or video.color_space in _MATRICES
    if not is_named:
        named["colorspace"] = "bt2020nc" if video.is_hdr else colours
    if not video.color_primaries and (video.is_hdr or not is_named):
        named["color_primaries"] = "bt2020" if video.is_hdr else colours
    if video.color_transfer in _NO_TRANSFERS or not (video.color_transfer or is_named):
        named["color_trc"] = colours
    if not named:
        return ()
    names = "setparams=" + ":".join(f"{key}={value}" for key, value in named.items())
    # Without the format FFmpeg would put a scaler that the next filter needs in front of the names.
    pixels = _ALPHA_PIXELS if decoder(video) else video.pixel_format
    return (names, f"format={pixels}") if pixels else (names,)


def _scaled(video: VideoStream, width: int, height: int) -> tuple[str, ...]:
    is_changed = (width, height) != video.displayed_size or video.pixel_aspect != 1.0
    return (f"scale={width}:{height}", "setsar=1") if is_changed else ()


def coloured(video: VideoStream) -> tuple[str, ...]:
    """The filters that bring frames of any colours into those that every browser shows."""
    brought = TO_BT709 if is_rgb(video) or video.has_alpha else (LIMITED,) if _is_full_range(video) else ()
    return (
        *(_TONE_MAP if video.is_hdr else ()),
        *((ON_WHITE,) if video.has_alpha else ()),
        *brought,
        "format=yuv420p",
    )


def is_rgb(video: VideoStream) -> bool:
    """Whether its frames are red, green and blue, which few filters and no encoder of ours take.

    The bundled ffprobe does not say it of codecs that pack with zlib, as PNG and those that record screens do.
    """
    return not video.pixel_format or video.pixel_format.startswith(("rgb", "bgr", "gbr", "0", "arg", "abg", "pal"))


def _is_full_range(video: VideoStream) -> bool:
    return video.color_range == "pc" or video.pixel_format.startswith("yuvj")


def decoder(video: VideoStream) -> Options:
    """The options in front of the input that have all of the stream decoded."""
    name = _ALPHA_DECODERS.get(video.codec) if video.has_alpha else None
    return {"c:v": name} if name else {}


def key_frames(video: VideoStream, apart_s: float) -> Options:
    """The options in front of the input that leave of the stream nothing but key frames, so many seconds apart.

    Where there is an index nothing else is read; where there is none, what is read is not decoded. Packets without
    a time are kept: they cannot be told apart.
    """
    is_due = f"not(ld(1))+gte(dts*tb,ld(0))+lt(dts,{_NO_TIME:g})"
    drop = f"if(key*({is_due}),st(1,1)*0+st(0,dts*tb+{apart_s:g})*0,1)".replace(",", "\\,")
    return {f"discard:{video.index}": "nokey", f"bsf:{video.index}": f"noise=drop='{drop}'"}
