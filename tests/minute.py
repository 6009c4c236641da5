"""A minute is what anything hostile may take: a guard against hanging, far from what it takes. Speed is for
`make bench`."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

A_MINUTE_S = 60.0


@contextmanager
def within_a_minute() -> Iterator[None]:
    """Fails where what is inside takes longer."""
    begun = time.monotonic()
    yield
    assert time.monotonic() - begun < A_MINUTE_S
