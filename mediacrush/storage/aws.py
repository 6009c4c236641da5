"""What every client of Amazon's services, and of stores that speak like them, needs.

Credentials come from where boto3 looks for them: environment, files, the machine's role.
"""

import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, Generic, TypeVar

import boto3
from boto3.exceptions import Boto3Error
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from mediacrush import metrics
from mediacrush.errors import BackendUnavailable, SettingsError

log = logging.getLogger(__name__)

Client = TypeVar("Client")

_CONNECT_TIMEOUT_S = 5
_READ_TIMEOUT_S = 60
# With back-off of up to 1, 2, 4 and 8 s in between.
ATTEMPTS = 5
# A session makes one client at a time.
_session_lock = threading.Lock()


class ClientOfProcess(Generic[Client]):
    """A client that threads share and processes do not: a connection must not be a parent's and its child's."""

    def __init__(self, make: Callable[[boto3.Session], Client]) -> None:
        """Raises SettingsError when no client can be made."""
        self._make = make
        self._clients: dict[int, Client] = {}
        try:
            self()
        except (BotoCoreError, ValueError) as error:
            raise SettingsError(f"What the S3 or CloudFront settings name cannot be used: {error}.") from error

    def __call__(self) -> Client:
        with _session_lock:
            pid = os.getpid()
            if pid not in self._clients:
                self._clients = {pid: self._make(_session())}
            return self._clients[pid]


def configured(attempts: int, **more: Any) -> Config:
    """Timeouts, and `attempts` with back-off; `more` is what botocore's Config takes."""
    return Config(
        connect_timeout=_CONNECT_TIMEOUT_S,
        read_timeout=_READ_TIMEOUT_S,
        retries={"mode": "standard", "total_max_attempts": attempts},
        tcp_keepalive=True,
        **more,
    )


@contextmanager
def reported(sentence: str) -> Iterator[None]:
    """What boto3, the network and the disk raise, as BackendUnavailable that says `sentence`; the reason is for the
    log, never for a visitor."""
    try:
        yield
    except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
        log.warning("%s: %s", type(error).__name__, error)
        metrics.BACKEND_ERRORS.labels("storage").inc()
        raise BackendUnavailable(sentence) from error


@cache
def _session() -> boto3.Session:
    """What reads credentials and boto3's description of services, half a second of work, once for all clients."""
    return boto3.Session()
