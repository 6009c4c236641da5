"""Where a site of a bucket sends those who ask for a file."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
from flask.testing import FlaskClient

from mediacrush.backends import Backends, connect_backends
from mediacrush.job_queue import ListJobQueue
from mediacrush.services import fsck, library
from mediacrush.services.process import process_media
from mediacrush.settings import Settings
from mediacrush.web import create_app
from tests.s3 import S3Server
from tests.samples import Samples
from tests.web import records
from tests.web.conftest import END, MULTIPART, part

CDN = "https://cdn.example"
MakeSite = Callable[..., Backends]


@pytest.fixture
def site(settings: Settings, s3_server: S3Server, jobs: ListJobQueue, tmp_path: Path) -> MakeSite:
    """Makes the site of a bucket, each time as another machine would: with a folder of its own."""
    bucket = s3_server.make_bucket()

    def make(machine: str = "web", **changes: Any) -> Backends:
        place = {"data_dir": tmp_path / machine, "s3_bucket": bucket, "s3_endpoint": s3_server.endpoint}
        return replace(connect_backends(settings.model_copy(update=place | changes)), jobs=jobs)

    return make


def _upload(client: FlaskClient, path: Path) -> str:
    answer = client.post("/api/upload/file", data=part("file", path.read_bytes()) + END, content_type=MULTIPART)
    assert answer.status_code == 200
    return str(answer.json["hash"])


def test_a_site_of_a_bucket(site: MakeSite, jobs: ListJobQueue, tools: Any, samples: Samples) -> None:
    """The 200 to an upload means that the bucket has it; another machine makes the rest; links lead to the bucket,
    which gives bytes, parts and heads; a delete leaves nothing."""
    web, worker = site(), site("worker")
    client = create_app(web).test_client()
    hash_ = _upload(client, samples["plain.jpg"])
    assert [key.split("/")[0] for key in web.storage.list("")] == ["originals"]
    while jobs.jobs:
        queue, name = jobs.jobs.pop(0)
        process_media(worker, tools, name, queue)
    for file in library.find_media(web, hash_).files:
        answer = client.get(f"/{file.filename}")
        assert (answer.status_code, answer.headers["Cache-Control"]) == (302, "no-store")
        got = requests.get(answer.location, timeout=60)
        assert (len(got.content), got.headers["Content-Type"]) == (file.size_bytes, file.mime)
        assert len(requests.get(answer.location, headers={"Range": "bytes=1-2"}, timeout=60).content) == 2
        head = client.head(f"/{file.filename}")
        assert int(requests.head(head.location, timeout=60).headers["Content-Length"]) == file.size_bytes
        saved = client.get(f"/download/{file.filename}")
        assert f"attachment%3B%20filename%3D%22{file.filename}%22" in saved.location
    page = client.get(f"/{hash_}")
    assert web.storage.hosts()[0] in page.headers["Content-Security-Policy"].split("img-src")[1].split(";")[0]
    assert list(fsck.check(web, fix=False, settle_s=0)) == []
    library.delete(web, library.find_media(web, hash_))
    assert list(web.storage.list("")) == []
    assert client.get(f"/{hash_}.jpg").status_code == 404


def test_a_cdn_is_preferred(site: MakeSite, jobs: ListJobQueue, tools: Any, samples: Samples) -> None:
    """The API names it, links of the site lead to it, and downloads to the bucket; but while files are still on
    their way to where it looks for them, nobody is sent there."""
    web = site(cdn_url=CDN)
    client = create_app(web).test_client()
    hash_ = _upload(client, samples["plain.jpg"])
    while jobs.jobs:
        queue, name = jobs.jobs.pop(0)
        process_media(web, tools, name, queue)
    answer = client.get(f"/{hash_}.jpg")
    assert (answer.status_code, answer.location) == (302, f"{CDN}/{hash_}.jpg")
    assert answer.headers["Cache-Control"] == "public, max-age=60"
    assert client.get(f"/api/{hash_}").json["files"][0]["url"].startswith(CDN)
    assert client.get(f"/download/{hash_}.jpg").location.startswith(web.storage.hosts()[0])
    assert client.get(f"/{hash_}").headers["Content-Security-Policy"].count(CDN) == 3
    moving = site(cdn_url=CDN, former_storage="/somewhere")
    client = create_app(moving).test_client()
    assert client.get(f"/{hash_}.jpg").location.startswith(web.storage.hosts()[0])
    assert not client.get(f"/api/{hash_}").json["files"][0]["url"].startswith(CDN)


def test_without_a_cdn_texts_come_from_here(site: MakeSite, tmp_path: Path) -> None:
    """A manifest names its neighbours: read from the bucket, with a signature that is for it alone, they would not
    be found. It is the bucket's, whichever machine is asked."""
    web = site()
    hls = records.file("hls", ".m3u8", "application/vnd.apple.mpegurl")
    records.keep(web, replace(records.FILM, files=(*records.FILM.files, hls)))
    text = tmp_path / "text"
    text.write_text("#EXTM3U\nabcdefghijkl.480.mp4\n")
    web.storage.put(f"public/{hls.filename}", text)
    client = create_app(web).test_client()
    answer = client.get(f"/{hls.filename}")
    assert (answer.status_code, answer.mimetype, answer.text) == (200, hls.mime, text.read_text())
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    web.storage.delete(f"public/{hls.filename}")
    assert client.get(f"/{hls.filename}").status_code == 404
