"""Whether the site can do its work now: the database, the storage, the workers."""

from collections.abc import Callable

from mediacrush.backends import Backends
from mediacrush.errors import BackendUnavailable

OK = "ok"
# Nothing is ever stored under this key; asking for it is asking whether the storage answers.
_PROBED_KEY = "public/readiness"


def readiness(backends: Backends) -> dict[str, str]:
    """Each part with `ok` or a sentence that says what is wrong, and nothing of the machines."""
    redis = _checked(backends.statistics.ping)
    storage = _checked(lambda: backends.storage.exists(_PROBED_KEY))
    workers = _workers(backends) if redis == OK else "Whether there are workers cannot be seen."
    return {"redis": redis, "storage": storage, "workers": workers}


def _checked(call: Callable[[], object]) -> str:
    try:
        call()
    except BackendUnavailable as error:
        return str(error)
    return OK


def _workers(backends: Backends) -> str:
    try:
        missed = [queue for queue, count in backends.jobs.workers().items() if not count]
    except BackendUnavailable as error:
        return str(error)
    return OK if not missed else f"No worker looks at the queue {' or '.join(missed)}."
