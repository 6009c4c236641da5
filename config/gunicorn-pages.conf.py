"""Gunicorn's settings for pages and API behind nginx: `gunicorn -c config/gunicorn-pages.conf.py app:app`.

Sync workers: nginx takes the bodies and hands out the answers, so a worker is busy for as long as Python is, and no
other request on it can delay that one (docs/performance.md). Uploads have a pool of their own.
"""

from mediacrush.pools import access_log_format, child_exit, on_starting, prepare  # noqa: F401  # gunicorn's
from mediacrush.settings import load_settings

_settings = load_settings()
prepare(_settings)
_settings.pages_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

# nginx runs as the same user; nobody else may knock. On a host of its own: `--bind 10.0.0.2:8000`.
bind = f"unix:{_settings.pages_socket}"
umask = 0o077
workers = _settings.web_workers
worker_class = "sync"
timeout = 60
graceful_timeout = 30
# Not loaded before the fork: a reload (SIGHUP) must bring new code, one worker after the other.
preload_app = False
# What nginx lets through, so that it is nginx that refuses, with an answer of ours.
limit_request_line = 8190
limit_request_field_size = 8190
proc_name = "mediacrush pages"
loglevel = "warning"
control_socket_disable = True
# Behind a socket of this host the proxy is believed. The application decides about others (TRUSTED_PROXIES).
forwarded_allow_ips = ""
