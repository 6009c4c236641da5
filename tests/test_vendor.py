"""Other people's packages that browsers are sent: pinned, checked, and with their licences."""

import json
import re
from pathlib import Path

import pytest

from mediacrush.vendor import NOTICE, STYLES, VENDOR, for_browsers

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = json.loads((_ROOT / "package.json").read_text())
_LOCK = json.loads((_ROOT / "package-lock.json").read_text())["packages"]


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("import { wrap } from 'abslink/w3c';", 'import { wrap } from "../../abslink/adapters/w3c.js";'),
        ('import { Debug } from "./debug.js";', 'import { Debug } from "./debug.js";'),
        ("import 'rvfc-polyfill';", ""),
        ("import throughput from 'throughput';", "const throughput = undefined;"),
        ("run();\n//# sourceMappingURL=run.js.map", "run();\n"),
    ],
)
def test_a_module_finds_what_it_imports_in_a_browser(module: str, expected: str) -> None:
    """By address; what no browser needs is left out."""
    assert for_browsers(module, "../../") == expected


def test_packages_are_exact_and_their_bytes_known() -> None:
    """Whoever serves them: no registry's address stands in the lock."""
    chosen = _PACKAGES["dependencies"] | _PACKAGES["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in chosen.values())
    packages = {name: package for name, package in _LOCK.items() if name}
    assert all(package["integrity"].startswith("sha512-") for package in packages.values())
    assert not any("resolved" in package for package in packages.values())


def test_what_is_sent_is_listed_with_its_licence() -> None:
    """Every package of which a file is there."""
    notice = (VENDOR / NOTICE).read_text()
    for folder in VENDOR.iterdir():
        if folder.is_dir():
            assert re.search(
                rf"^{re.escape(folder.name)} {_LOCK[f'node_modules/{folder.name}']['version']}: \w", notice, re.M
            )


def test_every_import_is_there() -> None:
    """Of our scripts and of the packages' own, those that are asked for later too."""
    scripts = [*(_ROOT / "static" / "js").glob("*.js"), *(VENDOR / "jassub").rglob("*.js")]
    for script in scripts:
        for address in re.findall(
            r"""(?:from|import|import\(|new URL\()\s*["'](\.[^"']+\.\w+)["']""", script.read_text()
        ):
            if not address.endswith((".map", "jassub-worker-modern.wasm")):
                assert (script.parent / address).exists(), (script.name, address)


def test_the_digests_are_those_of_the_styles() -> None:
    """As many as the elements have styles, each a SHA-256."""
    digests = json.loads((VENDOR / STYLES).read_text())
    assert len(digests) == len(set(digests)) > 20
    assert all(re.fullmatch(r"[A-Za-z0-9+/]{43}=", digest) for digest in digests)
