"""A site on several machines, any of which may die: what was accepted is done in the end, and served.

The hosts are network namespaces of this machine (machines.py), what runs in them is real (world.py).
"""

import json
import os
import re
import shutil
from collections.abc import Iterator
from urllib.request import urlopen

import pytest

from tests.functional.machines import Host, Network
from tests.functional.world import PAGES, World, fresh_picture, same_picture, wait_until
from tests.samples import Samples

pytestmark = pytest.mark.skipif(
    (os.getuid() != 0 or shutil.which("ip") is None) and os.environ.get("CI") != "true",
    reason="Network namespaces need root and iproute2.",
)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The site; its machines die one after the other."""
    with Network(tmp_path_factory.mktemp("machines")) as network:
        yield World(network)


def _transcoding(world: World) -> Host | None:
    """The machine that transcodes at this moment."""
    busy = (host for host in world.workers if any("-progress" in command for command in host.commands().values()))
    return next(busy, None)


def _begin_transcode(world: World, samples: Samples) -> tuple[str, Host]:
    """The hash of a film, and the machine that works on it."""
    # A few bytes behind the film make it another upload; no reader minds a `free` box.
    hash_ = world.upload(samples.bytes("hevc.mp4") + b"\0\0\0\x10free" + os.urandom(8))
    assert hash_ is not None
    wait_until(lambda: _transcoding(world), "nobody transcodes")
    host = _transcoding(world)
    assert host is not None, "the transcode ended too soon"
    return hash_, host


def _told(web: Host, name: str) -> float:
    """The sum of what this machine says of a count, whatever its labels. Its pages' pool is asked, which takes no
    uploads itself."""
    with urlopen(f"http://{web.address}:{PAGES}/metrics", timeout=30) as answer:
        found = re.findall(rf"^{name}{{[^}}]*}} ([0-9.e+]+)$", answer.read().decode(), re.MULTILINE)
    return sum(map(float, found))


def test_both_web_hosts_take_uploads_and_their_counts_add_up(world: World) -> None:
    """Each tells of its own uploads, and neither is left out; of jobs, which run elsewhere, both tell the same."""
    with world.uploading() as uploading:
        uploading.wait_for_more(3)
    counts = [_told(web, "mediacrush_uploads_total") for web in world.webs]
    assert all(counts)
    assert sum(counts) == len(uploading.accepted)
    for hash_ in uploading.accepted:
        world.wait_for(hash_)
    for web in world.webs:
        wait_until(
            lambda web=web: _told(web, "mediacrush_site_job_seconds_count") == len(uploading.accepted),
            "not every job was counted",
        )


def test_one_id_leads_over_all_machines(world: World) -> None:
    """nginx gives it; the web host that took the upload and the worker that had the job log it, each in JSON."""
    hash_ = world.upload(fresh_picture())
    assert hash_ is not None
    world.wait_for(hash_)

    def said(host: Host, words: str) -> list[str]:
        lines = [json.loads(line) for line in host.log.splitlines() if line.startswith("{")]
        return [line["request"] for line in lines if line["message"].startswith(f"{hash_}: {words}")]

    accepted = [id_ for web in world.webs for id_ in said(web, "accepted")]
    assert len(accepted) == 1
    wait_until(
        lambda: [id_ for worker in world.workers for id_ in said(worker, "the job ends")] == accepted,
        "no worker told of the job",
    )
    wait_until(lambda: accepted[0] in (world.front.folder / "access.log").read_text(), "nginx did not log it")


# The only one of their kind come back; the others stay away. The database is last: the next death of one of its
# machines would end the site.
@pytest.mark.parametrize("victim", ["front", "store", "worker", "web", "database"])
def test_any_machine_may_die(world: World, samples: Samples, victim: str) -> None:
    """Its power goes in the middle of uploads and of a transcode: every upload that was accepted ends done, and its
    bytes are served."""
    with world.uploading() as uploading:
        film, transcoding = _begin_transcode(world, samples)
        only_one = {"front": world.front, "store": world.store}
        host = {"worker": transcoding, "web": world.webs[0], "database": world.master(), **only_one}[victim]
        host.die()
        if victim in only_one:
            host.come_back()
            world.start(host)
        uploading.wait_for_more(2)
    for hash_ in (film, *uploading.accepted):
        world.wait_for(hash_)
    for hash_, content in uploading.accepted.items():
        status, body = world.fetch(f"/{hash_}.png")
        assert status == 200
        assert same_picture(body, content)
    for file in json.loads(world.fetch(f"/api/{film}")[1])["files"]:
        status, body = world.fetch(file["file"])
        assert (status, bool(body)) == (200, True), file
    if victim == "database":
        assert world.master() is not host
