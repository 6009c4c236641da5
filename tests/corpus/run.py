"""Files through the real pipeline, two at a time: uploaded, worked on in every queue, and what became of each."""

import shutil
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from queue import SimpleQueue

from redis import Redis

from mediacrush.backends import Backends, connect_backends
from mediacrush.errors import RequestError
from mediacrush.job_queue import ListJobQueue
from mediacrush.model.media import Media
from mediacrush.pipeline.tools import find_tools
from mediacrush.services.process import process_media
from mediacrush.services.spool import Spool
from mediacrush.services.upload import accept_upload
from mediacrush.settings import Settings
from tests.corpus.cases import REFUSED, Case

# No file of the corpus may take longer; the slowest takes a few seconds.
LIMIT_S = 120
_AT_ONCE = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file. `word` is a status of the API or REFUSED, `sentence` what is told of a failure.

    `media` is None for what was refused; `original` is the file as it was sent; `seconds` count from its upload.
    """

    word: str
    sentence: str
    media: Media | None
    backends: Backends
    original: Path
    seconds: float

    def forget(self) -> None:
        """Remove all that there is on disk."""
        shutil.rmtree(self.original.parent)


def run_file(settings: Settings, path: Path) -> Outcome:
    """Upload the file at `path`, and work until nothing is left to do. `settings` name an empty database."""
    jobs = ListJobQueue()
    backends, tools = replace(connect_backends(settings), jobs=jobs), find_tools(settings)
    begun = time.monotonic()
    try:
        with Spool(settings.spool_dir, settings.max_file_size) as spool:
            spool.write(path.read_bytes())
            accepted = accept_upload(backends, spool.finish(), None, None)
        while jobs.jobs:
            queue, hash_ = jobs.jobs.pop(0)
            process_media(backends, tools, hash_, queue)
        media = backends.media.get(accepted.hash)
        assert media is not None
        assert backends.media.unfinished() == []
        word, sentence = str(media.status), media.message or ""
    except RequestError as refusal:
        word, sentence, media = REFUSED, str(refusal), None
    return Outcome(
        word=word,
        sentence=sentence,
        media=media,
        backends=backends,
        original=path,
        seconds=time.monotonic() - begun,
    )


@contextmanager
def outcomes(cases: Iterable[Case], folder: Path, redis_url: str) -> Iterator[dict[str, "Future[Outcome]"]]:
    """The outcome of each case by its name, as they come; files and everything made of them lie in `folder`.

    Each runs with a data folder and a database of its own, in one of two threads: most of a run is spent in tools
    of one thread.
    """
    databases: SimpleQueue[str] = SimpleQueue()
    for number in range(1, _AT_ONCE + 1):
        databases.put(f"{redis_url}?db={number}")

    def run(case: Case) -> Outcome:
        own = folder / case.name
        own.mkdir()
        case.make(own / case.name)
        database = databases.get()
        try:
            with Redis.from_url(database) as redis:
                redis.flushdb()
            return run_file(
                Settings(
                    data_dir=own / "data",
                    redis_url=database,
                    secret_key="a key that only tests have",
                    processing_timeout=LIMIT_S,
                ),
                own / case.name,
            )
        finally:
            databases.put(database)

    with ThreadPoolExecutor(_AT_ONCE, "corpus") as pool:
        try:
            yield {case.name: pool.submit(run, case) for case in cases}
        finally:
            pool.shutdown(cancel_futures=True)
