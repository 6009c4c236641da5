"""Docs say what the code does: settings, routes, tasks and files that they name."""

import re
import tomllib
from importlib import import_module
from pathlib import Path

from flask import Flask

from mediacrush import job_queue
from mediacrush.backends import Backends
from mediacrush.settings import Settings
from mediacrush.web import create_app

_ROOT = Path(__file__).resolve().parents[1]
_README = (_ROOT / "README.md").read_text()


def test_every_setting_is_in_the_readme_and_no_other() -> None:
    """The table's names are the fields of Settings."""
    table = _README.split("## Settings")[1].split("## The operator")[0]
    documented = re.findall(r"^\| `([A-Z0-9_]+)` \|", table, re.MULTILINE)
    assert sorted(documented) == sorted(name.upper() for name in Settings.model_fields)


def test_the_example_configuration_names_every_setting_with_its_default() -> None:
    """What is set there is the default, and the rest is named in comments."""
    text = (_ROOT / "config" / "mediacrush.example.toml").read_text()
    names = re.findall(r"^(?:# )?([a-z0-9_]+) = ", text, re.MULTILINE)
    assert sorted(names) == sorted(Settings.model_fields)
    assert Settings(**tomllib.loads(text)) == Settings()


def test_every_route_of_the_api_is_on_its_page(backends: Backends) -> None:
    """And every one on the page is a route."""
    app: Flask = create_app(backends)
    routes = set()
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:hash:)?hash_>", "<hash>", rule.rule)
        if rule.rule.startswith("/api/") or rule.rule in ("/version", "/<hash:hash_>.json"):
            routes |= {(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}
    page = (_ROOT / "docs" / "api.md").read_text()
    documented = {(m, p.split("?")[0]) for m, p in re.findall(r"`(GET|POST|DELETE) (/[^` ]*)`?", page)}
    assert documented == routes


def test_the_task_that_is_enqueued_by_name_is_there() -> None:
    """A dotted name is not checked by any import."""
    module, _, name = job_queue.TASK.rpartition(".")
    assert callable(getattr(import_module(module), name))


def test_links_in_docs_lead_somewhere() -> None:
    """Every relative link of every page."""
    for page in [_ROOT / "README.md", *(_ROOT / "docs").glob("*.md")]:
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text()):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_every_module_is_in_the_architecture() -> None:
    """Each file of mediacrush/ stands in the tree of docs/architecture.md; two folders stand for what they hold."""
    page = (_ROOT / "docs" / "architecture.md").read_text()
    for path in (_ROOT / "mediacrush").rglob("*.py"):
        if path.name != "__init__.py" and not {"pictures", "containers"} & set(path.parts):
            assert path.name in page, path


def test_requirements_are_exact_and_say_why() -> None:
    """Every line is pinned; every one that we chose has a reason."""
    chosen, brought = (_ROOT / "requirements.txt").read_text().split("# What these bring along.")
    for line in (chosen + brought).splitlines():
        assert not line or line.startswith("#") or re.match(r"^[A-Za-z0-9_.-]+==[0-9][^ ]*( +# .+)?$", line), line
    assert all("#" in line for line in chosen.splitlines() if line)
