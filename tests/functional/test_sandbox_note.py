"""An operator learns at once that tools are not shut in."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]


def test_a_worker_without_a_sandbox_says_so(tmp_path: Path, redis_url: str) -> None:
    """Its first words are loud, and say what to do."""
    environment = os.environ | {
        "MEDIACRUSH_SANDBOX": "off",
        "MEDIACRUSH_DATA_DIR": str(tmp_path),
        "MEDIACRUSH_REDIS_URL": redis_url,
    }
    command = [sys.executable, "worker.py", "quick"]
    with subprocess.Popen(command, cwd=_ROOT, env=environment, stderr=subprocess.PIPE, text=True) as worker:
        assert worker.stderr is not None
        words = worker.stderr.readline()
        worker.terminate()
    assert words.startswith("WARNING NO SANDBOX")
    assert "docs/production.md" in words
