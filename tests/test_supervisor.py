"""How the supervisor hears of a signal; what it does then is in functional/test_run_command.py."""

import os
import signal
from pathlib import Path

import pytest

from mediacrush import supervisor


def test_a_signal_ends_nothing_in_the_middle(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What is under way is done first: an exception out of nowhere could leave a lock of `subprocess` held, and no
    child could be waited for any more."""
    looked: list[bool] = []
    stopped: list[str] = []

    def look(child: supervisor.Child) -> bool:
        os.kill(os.getpid(), signal.SIGTERM)
        looked.append(True)  # the rest of it is done
        return False

    monkeypatch.setattr(supervisor.Child, "start", lambda child: None)
    monkeypatch.setattr(supervisor.Child, "has_died", look)
    monkeypatch.setattr(supervisor.Child, "wait", lambda child, deadline: stopped.append(child.name))
    for name in ("_check", "_wait_for_database"):
        monkeypatch.setattr(supervisor, name, lambda *args: None)
    (tmp_path / "spool").mkdir()
    monkeypatch.setattr(supervisor, "_noted", set())
    monkeypatch.setattr("mediacrush.logs.configure", lambda *args, **options: None)
    monkeypatch.setenv("MEDIACRUSH_DATA_DIR", str(tmp_path))
    monkeypatch.setenv("MEDIACRUSH_WORKERS", "1")
    before = [signal.getsignal(signum) for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    try:
        assert supervisor.main() == 0
    finally:
        for signum, handler in zip((signal.SIGINT, signal.SIGTERM, signal.SIGHUP), before, strict=True):
            signal.signal(signum, handler)
    assert looked
    assert stopped == ["web server", "worker 0", "worker 1", "database"]
