"""Sizes in words."""

import pytest

from mediacrush.model.sizes import size_text


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0 bytes"), (999, "999 bytes"), (4_200_000, "4.2 MB"), (10**9, "1 GB"), (1_234, "1.23 kB")],
)
def test_sizes_as_people_read_them(size: int, text: str) -> None:
    """Three digits and a decimal unit."""
    assert size_text(size) == text
