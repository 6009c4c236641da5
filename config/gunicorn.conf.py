"""Gunicorn's settings for `make run`: pages and uploads from one pool, no proxy in front.

Threads, because an upload holds its worker for as long as the client takes to send it, and a page must not wait
for that. Behind nginx, which takes the bodies itself, sync workers have the shorter tail (docs/performance.md).
"""

from mediacrush.pools import access_log_format, child_exit, on_starting, prepare  # noqa: F401  # gunicorn's
from mediacrush.settings import load_settings

_settings = load_settings()
prepare(_settings)

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
# Its default place is shared by every instance of this user.
control_socket_disable = True
# The application decides whom to believe (TRUSTED_PROXIES).
forwarded_allow_ips = ""
