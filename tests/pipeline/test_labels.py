"""Text that strangers wrote: short, printable, readable."""

import pytest

from mediacrush.pipeline.labels import clean_text, language_code, repaired


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        (None, ""),
        ("", ""),
        (" Füße ", "Füße"),
        ("two\nlines\tand\r\nmore", "two lines and more"),
        ("bell\x07 escape\x1b[31m nul\0", "bell escape[31m nul"),
        ("turned\u202e round", "turned round"),
        ("half \ud83d and \ufffd none", "half and none"),
        ("family \U0001f468\u200d\U0001f469", "family \U0001f468\u200d\U0001f469"),
        ("e\u0301", "é"),
        ("x" * 1000, "x" * 300),
        (5, "5"),
    ],
)
def test_text_is_one_printable_line(text: object, cleaned: str) -> None:
    """No control, no half character and nothing that turns the text around it is left, and no more than 300."""
    assert clean_text(text) == cleaned


@pytest.mark.parametrize(
    ("meant", "encoding"),
    [
        ("Füße", "utf-8"),
        ("Привет", "utf-8"),
        ("東京の歌", "cp932"),
        ("ドラえもん", "cp932"),
        ("Москва", "cp1251"),
        ("Группа крови", "cp1251"),
    ],
)
def test_what_was_read_as_latin_is_read_again(meant: str, encoding: str) -> None:
    """ID3 says Latin 1 and means whatever the writer's computer spoke."""
    assert repaired(meant.encode(encoding).decode("latin-1")) == meant


@pytest.mark.parametrize(
    "text", ["Füße", "Björk", "Ça va à l'été", "Ærø", "naïve œuvre", "東京", "plain", "Ñandú", "Größenwahn"]
)
def test_what_is_right_stays(text: str) -> None:
    """Latin text with accents, and what was read rightly, is left alone."""
    assert repaired(text) == text


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("eng", "eng"),
        ("DE", "de"),
        ("pt-BR", "pt-br"),
        ("zh-Hant-TW", "zh-hant-tw"),
        ("", "und"),
        (None, "und"),
        ("english", "und"),
        ("../..", "und"),
        ("e1", "und"),
        ("en\n", "en"),
        ("de-" + "x" * 50, "und"),
    ],
)
def test_a_language_is_a_code_or_unknown(text: object, code: str) -> None:
    """It becomes part of a file's name, so it is nothing else."""
    assert language_code(text) == code
