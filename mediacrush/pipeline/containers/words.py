"""Tags by their names: harmless, or which plain word says to a visitor what they tell.

The words are those of pictures/metadata.py and one more: camera, comment, date, location, owner, other, serial
number, software, thumbnail.
"""

import re

from mediacrush.pipeline.pictures.metadata import exif_words, xmp_words

# Facts of the streams that containers and encoders write as tags.
_STRUCTURAL = re.compile(
    r"major_brand|minor_version|compatible_brands|handler_name|vendor_id|duration|alpha_mode|stereo_mode"
    r"|bps|number_of_(frames|bytes)|_statistics_tags|variant_bitrate|source_id|totalduration|totaldatarate|hasvideo"
    r"|hasaudio|audiodatarate|videodatarate|framerate|width|height|filesize|audiosamplerate|audiosamplesize|stereo"
    r"|videocodecid|audiocodecid|canseektoend|hasmetadata|haskeyframes|lasttimestamp|lastkeyframetimestamp"
    r"|isvbr|deviceconformancetemplate|aspectratio[xy]|wmfsdk(version|needed)|devicereferenceleveldefault"
)
# What describes a song and not the one who recorded it.
_MUSICAL = re.compile(
    r"(sub|original)?title|artists?|album|album[ _]?artist|composer|performer|conductor|lyricist|arranger|ensemble"
    r"|genre|track(number|total|s)?|total(tracks|discs)|disc(number|total)?|publisher|label|tb?pm|bpm|isrc|mood"
    r"|compilation|grouping|movement|work|key|initialkey|(unsynced)?lyrics(-.*)?|replaygain_.*|r128_.*|gapless"
    r"|itun(smpb|norm|pgap)|media_type|(title|album|artist|album_artist|composer)[-_ ]?sort(_order)?"
)
_LANGUAGE, _LANGUAGE_CODE = re.compile(r"languages?|lan"), re.compile(r"[A-Za-z]{0,3}(-[A-Za-z]{2,4})?")
_YEAR_OF = re.compile(r"(original|release|recording)?[ _]?(date|year)")
_YEAR = re.compile(r"(\d{4})?")
_SOFTWARE_OF = re.compile(
    r"encoder|software|encoder_settings|encoding_tool|encoded_with|muxing_app|writing_app|vendor"
)
# Programs that half of the world uses: they say nothing about the one who did.
_COMMON_SOFTWARE = re.compile(
    r"(Lav[fc]|LAME|FFmpeg|libwebm|libmatroska|libebml|reference libFLAC|libFLAC|libopus|libvorbis|libtheora"
    r"|Xiph\.Org"
    r"|x26[45]|libx26[45]|libvpx|libaom|SVT-AV1|mkvmerge|Google|YouTube|opusenc|oggenc|lavf)[\x20-\x7e]{0,80}|",
    re.IGNORECASE,
)

# In this order: `com.apple.quicktime.location.date` is a place before it is a date.
_WORDS = (
    (
        "location",
        r"gps|loci|xyz|latitude|longitude|location|iso6709|geo|place|city|country|altitude|region|venue|icnt",
    ),
    ("serial number", r"serial|snum|uid|umid|ufid|_id$|\bid$|cdi|unique|account.?id|imei|barcode"),
    ("thumbnail", r"thumb|thum|cover|covr|picture|apic|pnot|preview|wm/picture"),
    (
        "camera",
        r"make|model|camera|lens|device|manufacturer|android|firmware|came$|gopro|dji|capture|aperture|exposure|shutter"
        r"|\bmak$|\bmod$|fstop|focal|whitebalance|ncdt|nctg|exif|^ecor$|^emdl$|^emnt$|originator_?reference|reel",
    ),
    (
        "owner",
        r"artist|author|owner|owne|copyright|copr|account|apid|purchase|e?mail|user|director|producer|engineer"
        r"|technician|encoded[_ ]?by|iart|icop|ieng|itch|icms|isrc|originator|credit|contact|organi[sz]ation"
        r"|license|performer|provider|studio|team|host|person|people|name$|creator|created_by|www|url|website",
    ),
    ("date", r"date|time|year|\bday$|icrd|idit|tyer|tdr|tdat|tory|\bday|birthday"),
    (
        "software",
        r"software|encoder|tool|swr|isft|muxing|writing|program|application|app$|version|settings|vendor|too$",
    ),
    (
        "comment",
        r"comment|descri|title|keyword|subject|synopsis|summary|note|text|caption|remark|\bcmt$|icmt|isbj|ikey|inam|info"
        r"|album|genre|track|history|lyric|story|rating|label|message",
    ),
)
_WORD_PATTERNS = tuple((word, re.compile(pattern)) for word, pattern in _WORDS)

_EXIF, _XMP = b"Exif\0\0", b"<x:xmpmeta"
_SCAN_BYTES = 65536
# What is longer is no name; to look for a hundred words in megabytes takes seconds.
_NAME_MAX = 200


def tag_word(name: str, value: str, *, is_sound: bool) -> str | None:
    """The word for what a tag tells; None when it is harmless."""
    name, value = name[:_NAME_MAX].strip().lower(), value.strip("\0 ")
    return None if not value or _is_harmless(name, value, is_sound) else private_word(name)


def _is_harmless(name: str, value: str, is_sound: bool) -> bool:
    return bool(
        _STRUCTURAL.fullmatch(name)
        or (_LANGUAGE.fullmatch(name) and _LANGUAGE_CODE.fullmatch(value))
        or (_SOFTWARE_OF.fullmatch(name) and _COMMON_SOFTWARE.fullmatch(value))
        or (is_sound and _MUSICAL.fullmatch(name))
        or (is_sound and _YEAR_OF.fullmatch(name) and _YEAR.fullmatch(value))
    )


def private_word(name: str) -> str:
    """The word for what a tag of this name tells, whatever its value."""
    return next((word for word, pattern in _WORD_PATTERNS if pattern.search(name[:_NAME_MAX].lower())), "other")


def cover_words(picture: bytes) -> set[str]:
    """What the metadata of a cover tell; the cover itself is no secret."""
    exif_at, xmp_at = picture.find(_EXIF, 0, _SCAN_BYTES), picture.find(_XMP, 0, _SCAN_BYTES)
    words: set[str] = set()
    if exif_at >= 0:
        words |= exif_words(picture[exif_at : exif_at + _SCAN_BYTES])
    if xmp_at >= 0:
        words |= xmp_words(picture[xmp_at : xmp_at + _SCAN_BYTES])
    return words
