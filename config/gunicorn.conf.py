"""Gunicorn's settings for `make run`: pages and uploads from one pool, no proxy in front.

Threads, because an upload holds its worker for as long as the client takes to send it, and a page must not wait
for that. Behind nginx, which takes the bodies itself, sync workers have the shorter tail (docs/performance.md).
"""

from typing import Any

from mediacrush import logs, metrics
from mediacrush.settings import load_settings
from mediacrush.web.gunicorn_logger import ACCESS_FORMAT

_settings = load_settings()
logs.configure(_settings.log_format)
metrics.share(_settings.metrics_dir)

bind = f"[{_settings.host}]:{_settings.port}" if ":" in _settings.host else f"{_settings.host}:{_settings.port}"
workers = _settings.web_workers
worker_class = "gthread"
threads = 16
keepalive = 5
# A thread that sends or receives a large file reports no heartbeat of its own, but its worker does.
timeout = 60
graceful_timeout = 10
# Headers only: bodies have a limit of their own (MAX_FILE_SIZE).
limit_request_line = 4094
limit_request_fields = 60
# Everything is loaded once and shared by the workers; connections open on first use, after the fork.
preload_app = True
proc_name = "mediacrush"
loglevel = "warning"
logger_class = "mediacrush.web.gunicorn_logger.GunicornLogger"
access_log_format = ACCESS_FORMAT
# Its default place is shared by every instance of this user.
control_socket_disable = True
# The application decides whom to believe (TRUSTED_PROXIES).
forwarded_allow_ips = ""


def on_starting(server: Any) -> None:
    """Keep what the processes of the last run counted."""
    metrics.adopt_dead()


def child_exit(server: Any, worker: Any) -> None:
    """Keep what this process counted."""
    metrics.adopt_dead()
