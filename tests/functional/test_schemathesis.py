"""The running site against its own description: Schemathesis makes requests of it, good and bad."""

import io
import subprocess
import sysconfig
from pathlib import Path

from tests.samples import Samples, picture
from tests.site import Site

_OPENAPI = Path(__file__).resolve().parents[2] / "docs" / "openapi.yaml"
_CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"
# Without hourly limits; the site may fetch from itself; no address is a claim, or the requests would delete what
# they are about.
_SETTINGS = {
    "FETCHES_PER_HOUR": 0,
    "ALBUMS_PER_HOUR": 0,
    "REPORTS_PER_HOUR": 0,
    "FEEDBACK_PER_HOUR": 0,
    "ADDRESS_CLAIM_HOURS": 0,
    "FETCH_ALLOW": "127.0.0.1",
}
_FORM = "application/x-www-form-urlencoded"
# The same requests however busy the machine is: a time limit would let it pass with next to none.
_EXAMPLES = "20"
# Mostly about what is here, a film, a picture, an album, and by their owner. oEmbed 1.0 asks for 501 where a format
# is not written.
_CONFIG = """
[dictionaries.hashes]
values = ["{film}", "{picture}", "{album}"]

[dictionaries.pages]
values = ["{url}/{film}", "{url}/{picture}", "{url}/{album}"]

[dictionaries.addresses]
values = ["{url}/{film}.gif", "{url}/{picture}.png", "{url}/version", "{url}/nothing", "http://10.0.0.1/"]

[parameters]
"path.hash" = {{ dictionary = "hashes", probability = 0.9 }}
"query.list" = {{ dictionary = "hashes", probability = 0.7 }}
"body.list" = {{ dictionary = "hashes", probability = 0.7 }}
"body.hash" = {{ dictionary = "hashes", probability = 0.7 }}
"query.url" = {{ dictionary = "pages", probability = 0.8 }}
"body.url" = {{ dictionary = "addresses", probability = 0.8 }}

[[operations]]
include-name = ["POST /api/{{hash}}/flags", "POST /api/{{hash}}/text", "POST /api/{{hash}}/order"]
headers = {{ Cookie = "{cookie}" }}

[[operations]]
include-name = "GET /oembed"
[operations.checks.not_a_server_error]
expected-statuses = ["2xx", "3xx", "4xx", "501"]
"""


def test_every_answer_is_documented(tmp_path: Path, samples: Samples) -> None:
    """No 5xx, no undocumented status or type, no answer against its schema."""
    with Site(tmp_path / "site", **_SETTINGS) as site:
        uploaded = site.upload(samples.bytes("loop.gif"))
        cookie = uploaded.headers["Set-Cookie"].partition(";")[0]
        film, still = uploaded.json["hash"], site.upload(_png(), Cookie=cookie).json["hash"]
        for hash_ in (film, still):
            site.wait_for(hash_, "done")
        form = {"Content_Type": _FORM, "Cookie": cookie}
        made = site.request("POST", "/api/album/create", f"list={film},{still}".encode(), **form)
        names = {"film": film, "picture": still, "album": made.json["hash"], "url": site.url, "cookie": cookie}
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
        options = ["--max-examples", _EXAMPLES, "--generation-deterministic"]
        options += ["--continue-on-failure", "--no-color"]
        run = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stdout
        assert "Tested: 28" in run.stdout
        # What the requests were about is still here.
        assert all(site.get(f"/api/{names[name]}").status == 200 for name in ("film", "picture", "album"))


def _png() -> bytes:
    output = io.BytesIO()
    picture(60, 40).save(output, "PNG")
    return output.getvalue()
