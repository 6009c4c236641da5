"""Every file of the corpus goes through the real pipeline, and what must come out of it does."""

import os
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

import pytest

from mediacrush.model.media import Status
from mediacrush.pipeline.tools import Tools
from tests.corpus.cases import DONE, Case
from tests.corpus.check import SECRETS, complaints
from tests.corpus.corpus import CORPUS, FAMILIES, write_corpus
from tests.corpus.run import LIMIT_S, Outcome, outcomes

_WANTED_FILES = 150
# No sentence for people says these: they are ours, not theirs.
_INSIDE_WORDS = ("/", "ffmpeg", "ffprobe", "pillow", "traceback", "errno", "exit status", "0x")


@pytest.fixture(scope="module")
def running(
    request: pytest.FixtureRequest, redis_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Outcome]]]:
    """What becomes of every case that was chosen, worked on ahead of the tests that look at it."""
    chosen = [
        item.callspec.params["case"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and item.function is test_what_must_come_out_does
    ]
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("MEDIACRUSH_")]:
            patch.delenv(name)
        with outcomes(chosen, tmp_path_factory.mktemp("corpus"), redis_url) as running:
            yield running


@pytest.mark.parametrize("case", CORPUS, ids=lambda case: case.name)
def test_what_must_come_out_does(case: Case, running: dict[str, Future[Outcome]], tools: Tools) -> None:
    """A known kind ends done, plays, looks and sounds as sent and tells nothing; what is broken says why."""
    outcome = running[case.name].result(timeout=2 * LIMIT_S * len(running))
    data = outcome.original.read_bytes()
    assert not case.expect.removed or any(secret in data for secret in SECRETS), "nothing private was planted"
    assert outcome.word != Status.INTERNAL_ERROR
    assert outcome.word in case.expect.outcomes, outcome.sentence
    assert outcome.seconds < LIMIT_S
    if outcome.word == DONE:
        assert outcome.media is not None
        assert complaints(outcome.backends, tools, outcome.media, outcome.original, case.expect) == []
    else:
        assert _is_a_sentence(outcome.sentence), outcome.sentence
        assert case.expect.message in outcome.sentence
        assert list(outcome.backends.storage.list("public/")) == []
        assert list(outcome.backends.storage.list("originals/")) == []
    outcome.forget()


def test_the_corpus_is_large_and_each_name_is_one_file() -> None:
    """As many files as asked for, no two under one name."""
    assert len({case.name for case in CORPUS}) == len(CORPUS) >= _WANTED_FILES


def test_the_corpus_is_written_with_an_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A line for each file: name, kind, bytes, what must come out."""
    few = {
        family: tuple(case for case in cases if case.name in ("png-rgb.png", "text.txt"))
        for family, cases in FAMILIES.items()
    }
    monkeypatch.setattr("tests.corpus.corpus.FAMILIES", few)
    table = write_corpus(tmp_path / "corpus")
    assert (tmp_path / "corpus" / "index.tsv").read_text() == table
    head, *lines = table.splitlines()
    assert head.split("\t") == ["name", "kind", "bytes", "must come out"]
    for line in lines:
        name, _, size, _ = line.split("\t")
        assert (tmp_path / "corpus" / name).stat().st_size == int(size)
    assert [line.split("\t")[1::2] for line in lines] == [
        ["still", "image, 96x64, original|optimised preview"],
        ["broken", "refused"],
    ]


def _is_a_sentence(text: str) -> bool:
    is_one = text.endswith((".", "!")) and text[0].isupper() and "\n" not in text and ". " not in text
    return is_one and not any(word in text.lower() for word in _INSIDE_WORDS)
