"""The tree in the docstring of mediacrush.errors is the tree in the code."""

import inspect
import re
from typing import NamedTuple

import pytest

from mediacrush import errors
from mediacrush.errors import MediaCrushError, ProcessingError
from mediacrush.model.media import FAILURES, Status

_LINE = re.compile(r"^    (?P<branch>[│├└─ ]*)(?P<name>[A-Z]\w+)(?: +(?P<said>\S+))?")
_INDENT = 4


class Drawn(NamedTuple):
    """A line of the tree: the class, the class it hangs on, and the first word behind it."""

    name: str
    parent: str | None
    said: str | None


def drawn() -> list[Drawn]:
    """The tree as the module's docstring draws it."""
    lines, ancestors = [], [""]
    for line in (errors.__doc__ or "").splitlines():
        if match := _LINE.match(line):
            depth = len(match["branch"]) // _INDENT
            ancestors[depth:] = [match["name"]]
            lines.append(Drawn(match["name"], ancestors[depth - 1] if depth else None, match["said"]))
    return lines


CLASSES = {
    name: value
    for name, value in vars(errors).items()
    if inspect.isclass(value) and value.__module__ == errors.__name__
}


def test_every_error_is_drawn_once() -> None:
    """Each class of the module has its line in the tree, and each line its class."""
    assert sorted(line.name for line in drawn()) == sorted(CLASSES)


@pytest.mark.parametrize("line", drawn(), ids=lambda line: line.name)
def test_the_tree_is_drawn_as_it_is(line: Drawn) -> None:
    """A class hangs on the one it is drawn under, and has the HTTP status or the media's status drawn beside it."""
    error = CLASSES[line.name]
    assert error.__base__ is (CLASSES[line.parent] if line.parent else Exception)
    if line.said and line.said.isdigit():
        assert error.http_status == int(line.said)
    elif line.said in set(Status):
        assert issubclass(error, ProcessingError)
        assert error.status == line.said


def test_every_status_that_differs_is_drawn() -> None:
    """A status that a class sets for itself stands in the tree."""
    said = {line.name: line.said for line in drawn()}
    for name, error in CLASSES.items():
        if "http_status" in vars(error) and error.__subclasses__() == []:
            assert said[name] == str(error.http_status)
        if "status" in vars(error) and error is not ProcessingError:
            assert said[name] == error.status


@pytest.mark.parametrize("error", CLASSES.values(), ids=CLASSES.keys())
def test_every_error_says_what_it_means(error: type[MediaCrushError]) -> None:
    """Each class has a docstring of its own, and a status that an HTTP answer can have."""
    assert vars(error).get("__doc__")
    assert issubclass(error, MediaCrushError)
    assert error.http_status in {400, 401, 404, 408, 413, 414, 415, 429, 500, 501, 503}


def test_processing_errors_cover_the_failures() -> None:
    """Every failure that a record can have is some error's, and no error leads to anything else."""
    assert {error.status for error in CLASSES.values() if issubclass(error, ProcessingError)} == FAILURES


def test_too_many_requests_knows_when() -> None:
    """It carries the seconds to wait, and its text is the sentence alone."""
    error = errors.TooManyRequests("Please wait a minute.", 60)
    assert (str(error), error.retry_after_s) == ("Please wait a minute.", 60)
