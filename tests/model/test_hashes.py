"""The names that clients compute themselves, and what counts as one."""

import base64
import hashlib
import string

import pytest

from mediacrush.model.hashes import HASH_LENGTH, candidate_hashes, hashes_in, is_hash, is_sha256

ALPHABET = frozenset(string.ascii_letters + string.digits + "_-")


def digests(content: bytes) -> tuple[bytes, bytes]:
    return hashlib.md5(content, usedforsecurity=False).digest(), hashlib.sha256(content).digest()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        # md5(b"") is d41d8cd98f00b204e9800998ecf8427e, whose base64 is 1B2M2Y8AsgTpgAmY7PhCfg==.
        (b"", "1B2M2Y8AsgTp"),
        (b"hello", "XUFAKrxLKna5"),
        # In plain base64: AMO/+4CFnOfb and yegM+1/gAc/0, with the two signs that a URL cannot hold.
        (b"mediacrush 198", "AMO_-4CFnOfb"),
        (b"mediacrush 99", "yegM-1_gAc_0"),
    ],
)
def test_first_name_is_the_historical_one(content: bytes, name: str) -> None:
    """The first name is what clients since 2013 compute: base64 of MD5, twelve characters, URL-safe."""
    assert candidate_hashes(*digests(content))[0] == name


@pytest.mark.parametrize("content", [b"", b"hello", bytes(range(256)), b"x" * 100_000])
def test_names_agree_with_the_standard_library(content: bytes) -> None:
    """The first name comes from MD5, the others from SHA-256, in the classic alphabet with two signs replaced."""
    md5, sha256 = (base64.b64encode(digest).decode() for digest in digests(content))
    expected = (md5[:12], sha256[:12], sha256[12:24], sha256[24:36])
    assert candidate_hashes(*digests(content)) == tuple(
        name.replace("+", "-").replace("/", "_") for name in expected
    )


def test_every_candidate_is_a_distinct_name() -> None:
    """Whatever the content, its candidates are valid names and no two of them are the same."""
    for number in range(2000):
        names = candidate_hashes(*digests(str(number).encode()))
        assert all(len(name) == HASH_LENGTH and set(name) <= ALPHABET and is_hash(name) for name in names)
        assert len(set(names)) == len(names)


def test_files_with_one_md5_share_only_their_first_name() -> None:
    """Content made to clash in MD5 still gets names of its own."""
    md5 = bytes(16)
    first = candidate_hashes(md5, hashlib.sha256(b"first").digest())
    second = candidate_hashes(md5, hashlib.sha256(b"second").digest())
    assert first[0] == second[0]
    assert not set(first[1:]) & set(second[1:])


@pytest.mark.parametrize("text", ["1B2M2Y8AsgTp", "____________", "------------", "abcdefGHIJ-_"])
def test_twelve_characters_of_the_alphabet_are_a_name(text: str) -> None:
    """A name is any twelve characters of A-Z a-z 0-9 _ and -."""
    assert is_hash(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "1B2M2Y8AsgT",
        "1B2M2Y8AsgTpx",
        "1B2M2Y8AsgT+",
        "1B2M2Y8AsgT/",
        "1B2M2Y8AsgT=",
        "1B2M2Y8AsgT.",
        "1B2M2Y8AsgT\n",
        "1B2M2Y8AsgTp\n",
        " 1B2M2Y8AsgT",
        "é" * 12,
        "\N{FULLWIDTH DIGIT ONE}" * 12,
        "../../../etc",
    ],
)
def test_anything_else_is_no_name(text: str) -> None:
    """Another length or a character outside the alphabet is no name, digits of other scripts included."""
    assert not is_hash(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        ("1B2M2Y8AsgTp", ["1B2M2Y8AsgTp"]),
        ("XUFAKrxLKna5,1B2M2Y8AsgTp", ["XUFAKrxLKna5", "1B2M2Y8AsgTp"]),
        ("1B2M2Y8AsgTp#autoplay,XUFAKrxLKna5", ["1B2M2Y8AsgTp", "XUFAKrxLKna5"]),
        ("1B2M2Y8AsgTp#autoplay,loop,mute", ["1B2M2Y8AsgTp"]),
        ("1B2M2Y8AsgTp#loop,1B2M2Y8AsgTp#mute,1B2M2Y8AsgTp", ["1B2M2Y8AsgTp"]),
        (" 1B2M2Y8AsgTp , XUFAKrxLKna5\n", ["1B2M2Y8AsgTp", "XUFAKrxLKna5"]),
        (",,short,1B2M2Y8AsgTp,../../etc/pw,", ["1B2M2Y8AsgTp"]),
        ("1B2M2Y8AsgT+,1B2M2Y8AsgTp", ["1B2M2Y8AsgTp"]),
    ],
)
def test_lists_give_each_name_once_without_its_options(text: str, expected: list[str]) -> None:
    """A list keeps its order, drops duplicates and what is no name, and cuts the options behind position 12."""
    assert hashes_in(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (hashlib.sha256(b"").hexdigest(), True),
        (hashlib.sha256(b"").hexdigest().upper(), False),
        (hashlib.sha256(b"").hexdigest()[:-1], False),
        (hashlib.sha256(b"").hexdigest() + "0", False),
        (hashlib.sha256(b"").hexdigest() + "\n", False),
        ("g" * 64, False),
        ("", False),
    ],
)
def test_sha256_is_64_lower_case_hexadecimal_digits(text: str, expected: bool) -> None:
    """Only the one spelling that is stored counts as a SHA-256."""
    assert is_sha256(text) is expected
