"""The one table of formats: MIME type, extension, kind, what browsers do with it, what FFmpeg calls it.

Adding a row is how a format becomes known by name. Audio and video that FFmpeg decodes but the table does not
list is still accepted, under a name made from FFmpeg's own.
"""

from dataclasses import dataclass

from mediacrush.model.media import BlobType


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """One row. `aliases` are other MIME types libmagic gives the same bytes; `demuxer` is FFmpeg's name of the
    container, `codec` that of its first stream where the container alone does not decide; `pillow` is what
    pipeline/pictures calls it, which reads it then; `shown_by_browsers`: every current browser displays it as an
    image; `can_animate`: several frames make it an animation."""

    mime: str
    extension: str
    kind: BlobType
    aliases: tuple[str, ...] = ()
    demuxer: str | None = None
    codec: str | None = None
    pillow: str | None = None
    shown_by_browsers: bool = False
    can_animate: bool = False


_MP4_FAMILY = "mov,mp4,m4a,3gp,3g2,mj2"
_MATROSKA = "matroska,webm"


def _image(
    mime: str, extension: str, pillow: str, *aliases: str, shown: bool = False, can_animate: bool = False
) -> Format:
    return Format(
        mime=mime,
        extension=extension,
        kind=BlobType.IMAGE,
        pillow=pillow,
        aliases=aliases,
        shown_by_browsers=shown,
        can_animate=can_animate,
    )


def _video(mime: str, extension: str, demuxer: str, *aliases: str) -> Format:
    return Format(mime=mime, extension=extension, kind=BlobType.VIDEO, demuxer=demuxer, aliases=aliases)


def _audio(mime: str, extension: str, demuxer: str, *aliases: str, codec: str | None = None) -> Format:
    return Format(
        mime=mime, extension=extension, kind=BlobType.AUDIO, demuxer=demuxer, aliases=aliases, codec=codec
    )


FORMATS: tuple[Format, ...] = (
    _image("image/jpeg", "jpg", "JPEG", shown=True),
    _image("image/png", "png", "PNG", shown=True, can_animate=True),
    _image("image/gif", "gif", "GIF", shown=True, can_animate=True),
    _image("image/webp", "webp", "WEBP", shown=True, can_animate=True),
    _image("image/avif", "avif", "AVIF", "image/avif-sequence", shown=True, can_animate=True),
    _image("image/heic", "heic", "HEIC", "image/heif", "image/heic-sequence", "image/heif-sequence"),
    _image("image/jxl", "jxl", "JXL", can_animate=True),
    _image("image/bmp", "bmp", "BMP", "image/x-ms-bmp"),
    _image("image/vnd.microsoft.icon", "ico", "ICO", "image/x-icon"),
    _image("image/tiff", "tif", "TIFF"),
    _image("image/x-tga", "tga", "TGA"),
    _image("image/x-portable-bitmap", "pbm", "PBM"),
    _image("image/x-portable-graymap", "pgm", "PGM", "image/x-portable-greymap"),
    _image("image/x-portable-pixmap", "ppm", "PPM"),
    _image("image/x-portable-arbitrarymap", "pam", "PAM"),
    _image("image/x-portable-floatmap", "pfm", "PFM"),
    _image("image/jp2", "jp2", "JP2"),
    _image("image/j2c", "j2c", "J2C", "image/x-jp2-codestream"),
    _image("image/vnd.adobe.photoshop", "psd", "PSD"),
    _image("image/vnd.adobe.photoshop-large", "psb", "PSB"),
    _image("image/svg+xml", "svg", "SVG", shown=True),
    _image("image/x-xcf", "xcf", "XCF"),
    _image("image/x-exr", "exr", "EXR"),
    _image("image/vnd.radiance", "hdr", "HDR"),
    _image("image/x-adobe-dng", "dng", "DNG"),
    _image("image/x-canon-cr2", "cr2", "CR2"),
    _image("image/x-canon-cr3", "cr3", "CR3"),
    _image("image/x-nikon-nef", "nef", "NEF"),
    _image("image/x-sony-arw", "arw", "ARW"),
    _image("image/x-pentax-pef", "pef", "PEF"),
    _image("image/x-samsung-srw", "srw", "SRW"),
    _image("image/x-fuji-raf", "raf", "RAF", "image/x-fujifilm-raf"),
    _image("image/x-olympus-orf", "orf", "ORF"),
    _image("image/x-panasonic-rw2", "rw2", "RW2"),
    _image("image/x-dcraw", "raw", "RAW"),
    # Rows with one demuxer stand in the order of likelihood: the first is taken when libmagic knows no better.
    _video("video/mp4", "mp4", _MP4_FAMILY, "video/x-m4v"),
    _video("video/quicktime", "mov", _MP4_FAMILY),
    _video("video/3gpp", "3gp", _MP4_FAMILY, "video/3gpp2"),
    _video("video/x-matroska", "mkv", _MATROSKA, "application/x-matroska"),
    _video("video/webm", "webm", _MATROSKA),
    _video("video/x-msvideo", "avi", "avi", "video/avi"),
    _video("video/x-ms-wmv", "wmv", "asf", "video/x-ms-asf", "application/vnd.ms-asf"),
    _video("video/x-flv", "flv", "flv"),
    _video("video/mp2t", "ts", "mpegts", "video/MP2T"),
    _video("video/mpeg", "mpg", "mpeg", "video/mpeg4-generic"),
    _video("video/mpeg", "mpg", "mpegvideo", "video/mpv"),
    _video("video/ogg", "ogv", "ogg", "application/ogg"),
    _video("application/mxf", "mxf", "mxf"),
    _video("video/x-dv", "dv", "dv"),
    _video("video/vnd.rn-realvideo", "rm", "rm", "application/vnd.rn-realmedia"),
    _video("video/x-nut", "nut", "nut"),
    _video("video/x-ivf", "ivf", "ivf"),
    _video("video/x-yuv4mpeg", "y4m", "yuv4mpegpipe"),
    _video("video/h264", "h264", "h264"),
    _video("video/h265", "h265", "hevc"),
    _video("video/x-mpeg4-es", "mpeg4", "m4v"),
    _video("video/x-obu", "obu", "obu"),
    _video("video/x-gxf", "gxf", "gxf"),
    _video("video/x-fli", "fli", "flic", "video/x-flc"),
    _video("video/x-ms-wtv", "wtv", "wtv"),
    _video("video/x-nsv", "nsv", "nsv"),
    _video("video/x-roq", "roq", "roq"),
    _video("video/x-smacker", "smk", "smk"),
    _video("video/x-bink", "bik", "bink"),
    _audio("audio/mpeg", "mp3", "mp3", "audio/mp3"),
    _audio("audio/mpeg", "mp2", "mp3", codec="mp2"),
    _audio("audio/mp4", "m4a", _MP4_FAMILY, "audio/x-m4a"),
    _audio("audio/aac", "aac", "aac", "audio/x-hx-aac-adts"),
    _audio("audio/flac", "flac", "flac", "audio/x-flac"),
    _audio("audio/ogg", "ogg", "ogg", "application/ogg", "audio/vorbis"),
    _audio("audio/wav", "wav", "wav", "audio/x-wav"),
    _audio("audio/wav", "wav", "w64"),
    _audio("audio/aiff", "aiff", "aiff", "audio/x-aiff"),
    _audio("audio/basic", "au", "au"),
    _audio("audio/x-caf", "caf", "caf"),
    _audio("audio/x-ms-wma", "wma", "asf", "video/x-ms-asf"),
    _audio("audio/amr", "amr", "amr", "audio/AMR"),
    _audio("audio/amr-wb", "awb", "amr", codec="amr_wb"),
    _audio("audio/ac3", "ac3", "ac3", "audio/vnd.dolby.dd-raw"),
    _audio("audio/eac3", "eac3", "eac3"),
    _audio("audio/vnd.dts", "dts", "dts"),
    _audio("audio/vnd.dolby.mlp", "mlp", "mlp"),
    _audio("audio/vnd.dolby.mlp", "thd", "truehd"),
    _audio("audio/x-mpegts", "mpegts", "mpegts", "video/mp2t"),
    _audio("audio/x-flv", "f4a", "flv", "video/x-flv"),
    _audio("audio/x-voc", "voc", "voc", "audio/x-unknown"),
    _audio("audio/x-adx", "adx", "adx"),
    _audio("audio/x-ircam", "sf", "ircam"),
    _audio("audio/x-sox", "sox", "sox"),
    _audio("audio/x-tak", "tak", "tak"),
    _audio("audio/x-shorten", "shn", "shn"),
    _audio("audio/x-dsf", "dsf", "dsf"),
    _audio("audio/x-8svx", "8svx", "iff"),
    _audio("audio/x-oma", "oma", "oma"),
    _audio("audio/qcelp", "qcp", "qcp"),
    _audio("audio/x-matroska", "mka", _MATROSKA),
    _audio("audio/x-ape", "ape", "ape"),
    _audio("audio/x-wavpack", "wv", "wv"),
    _audio("audio/x-tta", "tta", "tta"),
    _audio("audio/x-musepack", "mpc", "mpc"),
    _audio("audio/x-musepack", "mpc", "mpc8"),
)

# FFmpeg may open these and no others. What is missing on purpose opens other files or addresses it finds inside
# (hls, dash, concat, image2, sdp, imf), and text that only looks like media (subtitles, ANSI art).
DEMUXERS: tuple[str, ...] = tuple(
    dict.fromkeys(
        [f.demuxer for f in FORMATS if f.demuxer]
        + ["gif", "apng", "webp_anim", "webp_pipe", "png_pipe", "jpegxl_anim"]
    )
)

# Content that is surely no media is refused before anything is stored.
_HOPELESS_FAMILIES = ("text/", "font/", "message/", "model/")
_HOPELESS = frozenset(
    {
        "application/gzip",
        "application/java-archive",
        "application/javascript",
        "application/json",
        "application/msword",
        "application/pdf",
        "application/vnd.microsoft.portable-executable",
        "application/x-7z-compressed",
        "application/x-bzip2",
        "application/x-dosexec",
        "application/x-executable",
        "application/x-pie-executable",
        "application/x-rar",
        "application/x-sharedlib",
        "application/x-tar",
        "application/x-xz",
        "application/zip",
        "application/zstd",
    }
)


def is_hopeless(mime: str) -> bool:
    """Whether content that libmagic calls `mime` is surely not media."""
    return mime in _HOPELESS or mime.startswith(_HOPELESS_FAMILIES)


def by_mime(mime: str) -> Format | None:
    """The row for a MIME type as libmagic gives it, or None."""
    return next((f for f in FORMATS if mime in (f.mime, *f.aliases)), None)


def by_pillow(name: str) -> Format | None:
    """The row for Pillow's name of a picture format, or None."""
    return next((f for f in FORMATS if f.pillow == name), None)


def by_demuxer(demuxer: str, kind: BlobType, sniffed: str, codec: str = "") -> Format:
    """The row for a container that FFmpeg opened, telling relatives apart by the `codec` of its first stream and by
    what libmagic `sniffed`.

    Always answers: an unlisted container gets a name made from FFmpeg's.
    """
    rows = [f for f in FORMATS if f.demuxer == demuxer and f.kind is kind and f.codec in (None, codec)]
    for row in sorted(rows, key=lambda f: f.codec is None):
        if row.codec or sniffed in (row.mime, *row.aliases):
            return row
    if rows:
        return rows[0]
    name = demuxer.split(",", maxsplit=1)[0].replace("_", "-")
    return Format(mime=f"{kind}/x-{name}", extension=name, kind=kind, demuxer=demuxer)


def guess(mime: str) -> Format:
    """The best guess from libmagic alone, for a record that was not probed yet."""
    family = mime.split("/", maxsplit=1)[0]
    kind = BlobType(family) if family in BlobType.__members__.values() else BlobType.VIDEO
    return by_mime(mime) or Format(mime=mime, extension="bin", kind=kind)


# Files that are made alongside are no format of the table.
_MIME_OF_EXTRAS = {
    "m3u8": "application/vnd.apple.mpegurl",
    "vtt": "text/vtt",
    "ass": "text/x-ssa",
    "json": "application/json",
    "zip": "application/zip",
    "ttf": "font/ttf",
    "otf": "font/otf",
    "ttc": "font/collection",
    "woff": "font/woff",
    "woff2": "font/woff2",
}


def mime_of_filename(filename: str) -> str:
    """The MIME type by which a published file is sent that is known by its name only."""
    extension = filename.rpartition(".")[2]
    row = next((f for f in FORMATS if f.extension == extension), None)
    return row.mime if row else _MIME_OF_EXTRAS.get(extension, "application/octet-stream")
