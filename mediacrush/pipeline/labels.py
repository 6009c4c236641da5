"""Text that strangers wrote into a file: titles, names, languages. Made short, printable and, where it was written
in an old encoding, readable. Pure."""

import re
import unicodedata
from contextlib import suppress

MAX_CHARACTERS = 300
# As long as the longest tag in the registry of BCP 47 subtags that anybody uses.
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8}){0,3}", re.IGNORECASE)
# No name in a Latin alphabet has four such letters in a row; a Cyrillic one, read as Latin 1, has little else.
_CYRILLIC_RUN = re.compile(r"[\u00c0-\u00ff\u00a8\u00b8]{4}")
_C1 = re.compile(r"[\u0080-\u009f]")


def clean_text(text: object, limit: int = MAX_CHARACTERS) -> str:
    """One line of printable characters, `limit` at most; what cannot be decoded or shown is left out."""
    readable = unicodedata.normalize("NFC", repaired(str(text or ""))[: 4 * limit])
    shown = "".join(" " if c.isspace() else c for c in readable if c.isspace() or _is_shown(c))
    return " ".join(shown.split())[:limit].strip()


def language_code(text: object) -> str:
    """A language as containers name it, in lower case; `und` for what is none."""
    code = str(text or "").strip()
    return code.lower() if _LANGUAGE.fullmatch(code) else "und"


def repaired(text: str) -> str:
    """Text that was written in another encoding and read as Latin 1, as ID3 tags often are, read as it was meant:
    UTF-8, Shift-JIS or Windows' Cyrillic; any other is left alone."""
    if text.isascii():
        return text
    try:
        raw = text.encode("latin-1")
    except UnicodeEncodeError:
        return text
    for encoding in ("utf-8", "cp932") if _C1.search(text) else ("utf-8",):
        with suppress(UnicodeDecodeError):
            return raw.decode(encoding)
    return raw.decode("cp1251", "ignore") if _CYRILLIC_RUN.search(text) else text


def _is_shown(character: str) -> bool:
    """Neither a control, nor half a character, nor what turns the direction of the text around it.

    The two joiners make letters and emoji of several.
    """
    is_plain = unicodedata.category(character) not in ("Cc", "Cf", "Cs", "Co", "Cn") and character != "\ufffd"
    return is_plain or character in "\u200c\u200d"
