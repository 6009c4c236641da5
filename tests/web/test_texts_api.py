"""Titles, descriptions, reports and feedback through the API."""

from collections.abc import Callable
from dataclasses import replace
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient
from redis import Redis
from werkzeug.test import TestResponse

from mediacrush.backends import Backends
from mediacrush.services import text
from mediacrush.web import create_app
from mediacrush.web.markdown import rendered
from tests.samples import Samples

Post = Callable[..., TestResponse]


@pytest.fixture
def hash_(uploaded: Callable[[bytes | Path], str], samples: Samples) -> str:
    """A picture that is here."""
    return uploaded(samples["picture.png"])


@pytest.fixture
def album(client: FlaskClient, hash_: str) -> str:
    """An album of it."""
    return str(client.post("/api/album/create", data={"list": hash_}).get_json()["hash"])


@pytest.mark.parametrize("kind", ["hash_", "album"])
def test_texts_are_kept_as_they_were_given(client: FlaskClient, request: pytest.FixtureRequest, kind: str) -> None:
    """One or both; what is not given stays, an empty one goes."""
    name = request.getfixturevalue(kind)
    path, texts = f"/api/{name}/text", {"title": "Ünï & <b>", "description": "two\r\nlines"}
    assert client.post(path, data=texts).get_json() == {"status": "success"}
    shown = client.get(f"/api/{name}").get_json()
    assert (shown["title"], shown["description"]) == ("Ünï & <b>", "two\nlines")
    client.post(path, data={"title": ""})
    shown = client.get(f"/api/{name}").get_json()
    assert (shown["title"], shown["description"]) == (None, "two\nlines")


@pytest.mark.parametrize(
    ("form", "by_owner", "code"),
    [
        ({}, True, 400),
        ({"name": "x"}, True, 400),
        ({"title": "x"}, False, 401),
        ({"title": "x" * 2049}, True, 414),
        ({"title": "fine", "description": "x" * 2049}, True, 414),
    ],
)
@pytest.mark.parametrize("kind", ["hash_", "album"])
def test_a_request_that_fails_changes_nothing(
    client: FlaskClient,
    stranger: FlaskClient,
    request: pytest.FixtureRequest,
    kind: str,
    form: dict[str, str],
    by_owner: bool,
    code: int,
) -> None:
    """The contract's codes, a sentence, and the texts of before."""
    name = request.getfixturevalue(kind)
    client.post(f"/api/{name}/text", data={"title": "before", "description": "before"})
    answer = (client if by_owner else stranger).post(f"/api/{name}/text", data=form)
    assert (answer.status_code, answer.get_json()["error"]) == (code, code)
    assert answer.get_json()["message"].endswith(".")
    shown = client.get(f"/api/{name}").get_json()
    assert (shown["title"], shown["description"]) == ("before", "before")


def test_the_limit_is_of_characters(client: FlaskClient, hash_: str) -> None:
    """2,048 of them, however many bytes each has."""
    assert client.post(f"/api/{hash_}/text", data={"title": "界" * 2048}).status_code == 200


def test_locked_texts_stay_gone(client: FlaskClient, backends: Backends, hash_: str) -> None:
    """The operator takes them away and closes them; 408 to the owner, until they are opened."""
    client.post(f"/api/{hash_}/text", data={"title": "rude"})
    text.lock(backends, hash_, is_locked=True)
    answer = client.post(f"/api/{hash_}/text", data={"title": "rude"})
    assert (answer.status_code, answer.get_json()["error"]) == (408, 408)
    assert client.get(f"/api/{hash_}").get_json()["title"] is None
    text.lock(backends, hash_, is_locked=False)
    assert client.post(f"/api/{hash_}/text", data={"title": "kind"}).status_code == 200


def test_what_prints_nothing_is_left_out(client: FlaskClient, hash_: str) -> None:
    """Control characters and marks that turn the reading direction of what follows; not those that join emoji."""
    client.post(f"/api/{hash_}/text", data={"title": "a\0b\x1b[31m\u202ec 👩\u200d🔬"})
    assert client.get(f"/api/{hash_}").get_json()["title"] == "ab[31mc 👩\u200d🔬"


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![a](https://tracker.example/pixel.png)",
        "[a](javascript:alert(1))",
        "[a](  JaVaScRiPt:alert(1))",
        "[a](data:text/html,<script>alert(1)</script>)",
        "[a](vbscript:x)",
        "[a](//evil.example)",
        "<a href='https://example.com' onclick='alert(1)'>a</a>",
        '[a](https://example.com" onmouseover="alert(1))',
        "**<svg/onload=alert(1)>**",
        "# heading\n\n- list\n\n```\ncode\n```\n\n<iframe src=//evil.example></iframe>",
        "<style>*{display:none}</style>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
        "[[[[[[" * 300,
        "*" * 2048,
    ],
)
def test_nothing_else_comes_out_of_it(markdown: str) -> None:
    """No element but em, strong, a and line breaks; no attribute but where a link leads; web addresses only."""
    html = str(rendered(markdown))
    tags = html.split("<")[1:]
    allowed = ("em>", "/em>", "strong>", "/strong>", 'a href="https://', "a rel=", "/a>", "br>", "p>", "/p>")
    assert all(tag.startswith(allowed) for tag in tags), html
    assert all(" on" not in tag.partition(">")[0] for tag in tags), html


@pytest.mark.parametrize("where", ["hash_", "album"])
def test_the_page_shows_markdown_and_nobody_else_does(
    client: FlaskClient, request: pytest.FixtureRequest, where: str
) -> None:
    """HTML on the page, plain text in the API and in what other sites show."""
    name = request.getfixturevalue(where)
    client.post(f"/api/{name}/text", data={"title": "a **b**", "description": "<script>x</script> *c*"})
    html = client.get(f"/{name}").text
    assert "<script>x</script>" not in html
    assert "<em>c</em>" in html
    assert client.get(f"/api/{name}").get_json()["description"] == "<script>x</script> *c*"


def test_a_report_is_counted_for_the_operator(
    client: FlaskClient, backends: Backends, hash_: str, album: str
) -> None:
    """Of media and albums, most often reported first; a settled one is gone from the list."""
    for reason in ("spam", "illegal", "spam"):
        assert client.post(f"/api/{hash_}/report", data={"reason": reason}).get_json() == {"status": "success"}
    assert client.post(f"/report/{album}", data={"reason": "nsfw"}).status_code == 200
    first, second = backends.moderation.reports()
    assert (first.hash, first.reasons, first.count) == (hash_, {"spam": 2, "illegal": 1}, 3)
    assert (second.hash, second.count) == (album, 1)
    backends.moderation.settle_reports(hash_)
    assert [report.hash for report in backends.moderation.reports()] == [album]


@pytest.mark.parametrize(
    ("path", "form", "code"),
    [
        ("/api/AAAAAAAAAAAA/report", {"reason": "spam"}, 404),
        ("/report/AAAAAAAAAAAA", {"reason": "spam"}, 404),
        ("/api/{hash}/report", {}, 400),
        ("/api/{hash}/report", {"reason": "boredom"}, 400),
        ("/api/feedback", {}, 400),
        ("/api/feedback", {"feedback": "  "}, 400),
        ("/api/feedback", {"feedback": "x" * 10_001}, 413),
    ],
)
def test_what_says_nothing_is_not_kept(
    client: FlaskClient, redis: Redis, hash_: str, path: str, form: dict[str, str], code: int
) -> None:
    """The contract's codes, and not a key more."""
    before = sorted(redis.scan_iter("*"))
    assert client.post(path.format(hash=hash_), data=form).status_code == code
    assert sorted(redis.scan_iter("*")) == before


def test_the_report_page_of_nothing_is_a_404(client: FlaskClient, hash_: str) -> None:
    """And that of something asks why."""
    assert client.get("/report/AAAAAAAAAAAA").status_code == 404
    assert 'name="reason"' in client.get(f"/report/{hash_}").text


def test_feedback_is_kept_for_the_operator(client: FlaskClient, backends: Backends) -> None:
    """Newest first, up to 10,000 characters."""
    for words in ("first", "x" * 10_000):
        assert client.post("/api/feedback", data={"feedback": words}).get_json() == {"status": "success"}
    assert [entry.text for entry in backends.moderation.feedback()] == ["x" * 10_000, "first"]


@pytest.mark.parametrize(
    ("setting", "path", "form"),
    [
        ("reports_per_hour", "/api/{hash}/report", {"reason": "spam"}),
        ("feedback_per_hour", "/api/feedback", {"feedback": "hello"}),
        ("albums_per_hour", "/api/album/create", {"list": "{hash}"}),
        ("fetches_per_hour", "/api/upload/url", {"url": "http://10.0.0.1/a.png"}),
    ],
)
def test_too_much_in_an_hour_is_refused(
    backends: Backends, hash_: str, setting: str, path: str, form: dict[str, str]
) -> None:
    """429 with Retry-After for one address and action; another address goes on, and so does one that is exempt."""
    settings = backends.settings.model_copy(
        update={setting: 2, "rate_limit_exempt": (ip_network("203.0.113.0/24"),)}
    )
    client = create_app(replace(backends, settings=settings)).test_client()
    data = {name: value.format(hash=hash_) for name, value in form.items()}

    def ask(address: str) -> Any:
        return client.post(path.format(hash=hash_), data=data, environ_base={"REMOTE_ADDR": address})

    assert [ask("198.51.100.7").status_code == 429 for _ in range(3)] == [False, False, True]
    refused = ask("198.51.100.7")
    assert 0 < int(refused.headers["Retry-After"]) <= 3600
    assert refused.get_json()["error"] == 429
    assert ask("198.51.100.8").status_code != 429
    assert [ask("203.0.113.5").status_code == 429 for _ in range(3)] == [False, False, False]


def test_feedback_by_a_form(client: FlaskClient, backends: Backends) -> None:
    """Without a script; what is refused is still in its field."""
    assert "<textarea" in client.get("/feedback").text
    assert "Thank you" in client.post("/feedback", data={"feedback": "It works."}).text
    assert [entry.text for entry in backends.moderation.feedback()] == ["It works."]
    refused = client.post("/feedback", data={"feedback": "<b>" + "x" * 10_000})
    assert refused.status_code == 413
    assert ">&lt;b&gt;xxx" in refused.text
    assert "10000 characters" in refused.text
    assert client.post("/feedback", data={"feedback": " "}).status_code == 400
    assert len(list(backends.moderation.feedback())) == 1
