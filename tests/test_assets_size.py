"""What other people's visitors must load is small."""

import gzip

from mediacrush.web.assets import STATIC

# On somebody else's page each byte is theirs: less than a small icon.
_SCRIPT_MAX_BYTES = 6 * 1024


def test_the_embedding_script_is_small() -> None:
    """mediacrush.js is under 6 KB as it is sent, and asks for nothing else."""
    script = (STATIC / "mediacrush.js").read_bytes()
    assert len(gzip.compress(script, 9)) < _SCRIPT_MAX_BYTES
    assert b"import" not in script
