"""The running site against its own description: Schemathesis makes requests of it, good and bad."""

import io
import subprocess
import sysconfig
from pathlib import Path

from tests.samples import Samples, picture
from tests.site import Site

_OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Without hourly limits; and no claim but the token's counts, or the requests would delete what they are about.
_SETTINGS = {
    "FETCHES_PER_HOUR": 0,
    "ALBUMS_PER_HOUR": 0,
    "REPORTS_PER_HOUR": 0,
    "FEEDBACK_PER_HOUR": 0,
    "ADDRESS_CLAIM_HOURS": 0,
}
_FORM = "application/x-www-form-urlencoded"
_SEED, _TIME_S = "2013", "45"
# Mostly what is here: a film, a picture, an album; oEmbed 1.0 asks for 501 where a format is not written.
_CONFIG = """
[dictionaries.hashes]
values = ["{film}", "{picture}", "{album}"]

[dictionaries.pages]
values = ["{url}/{film}", "{url}/{picture}", "{url}/{album}"]

[parameters]
"path.hash" = {{ dictionary = "hashes", probability = 0.9 }}
"query.list" = {{ dictionary = "hashes", probability = 0.7 }}
"body.list" = {{ dictionary = "hashes", probability = 0.7 }}
"body.hash" = {{ dictionary = "hashes", probability = 0.7 }}
"query.url" = {{ dictionary = "pages", probability = 0.8 }}

[[operations]]
include-name = "GET /oembed"
[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]
"""


def test_every_answer_is_documented(tmp_path: Path, samples: Samples) -> None:
    """No 5xx, no undocumented status or type, no answer against its schema."""
    with Site(tmp_path / "site", **_SETTINGS) as site:
        film, still = (site.upload(content).json["hash"] for content in (samples.bytes("loop.gif"), _png()))
        for hash_ in (film, still):
            site.wait_for(hash_, "done")
        made = site.request("POST", "/api/album/create", f"list={film},{still}".encode(), Content_Type=_FORM)
        names = {"film": film, "picture": still, "album": made.json["hash"], "url": site.url}
        (tmp_path / "schemathesis.toml").write_text(_CONFIG.format(**names))
        command = [
            f"{sysconfig.get_path('scripts')}/st",
            "run",
            str(_OPENAPI),
            "--url",
            site.url,
            "--checks",
            _CHECKS,
        ]
        options = ["--seed", _SEED, "--max-time", _TIME_S, "--continue-on-failure", "--no-color"]
        run = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
        assert "Tested: 25" in run.stdout
        # What the requests were about is still here.
        assert all(site.get(f"/api/{names[name]}").status == 200 for name in ("film", "picture", "album"))


def _png() -> bytes:
    output = io.BytesIO()
    picture(60, 40).save(output, "PNG")
    return output.getvalue()
