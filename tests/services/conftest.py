"""Uploading without HTTP."""

from collections.abc import Callable
from pathlib import Path

import pytest

from mediacrush.backends import Backends
from mediacrush.services.spool import Spool
from mediacrush.services.upload import Accepted, accept_upload


@pytest.fixture
def upload(backends: Backends) -> Callable[..., Accepted]:
    """Uploads bytes or a file, as the person with this cookie or address."""

    def run(content: bytes | Path, cookie: str | None = None, address: str | None = None) -> Accepted:
        data = content if isinstance(content, bytes) else content.read_bytes()
        with Spool(backends.settings.spool_dir, backends.settings.max_file_size) as spool:
            spool.write(data)
            return accept_upload(backends, spool.finish(), cookie, address)

    return run
