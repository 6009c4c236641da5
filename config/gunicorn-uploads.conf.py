"""Gunicorn's settings for uploads behind nginx: `gunicorn -c config/gunicorn-uploads.conf.py app:app`.

Threads: an upload is hashed outside of the interpreter's lock, waits for disk or storage, or for the server that a
file is fetched from. By their socket bodies come as files that nginx has written (docs/architecture.md).
"""

from mediacrush.pools import access_log_format, child_exit, on_starting, prepare  # noqa: F401  # gunicorn's
from mediacrush.services.spool import drop_abandoned
from mediacrush.settings import load_settings

_DAY_S = 24 * 3600
_settings = load_settings()
prepare(_settings)
_settings.uploads_socket.parent.mkdir(mode=0o700, parents=True, exist_ok=True)

# nginx runs as the same user; nobody else may knock. On a host of its own: `--bind 10.0.0.2:8001`.
bind = f"unix:{_settings.uploads_socket}"
umask = 0o077
raw_env = ["MEDIACRUSH_BODIES_FROM_NGINX=true"]
workers = _settings.web_workers
worker_class = "gthread"
threads = 16
timeout = 60
# As long as nginx waits for an answer: a reload lets uploads end.
graceful_timeout = 600
preload_app = False
limit_request_line = 8190
limit_request_field_size = 8190
proc_name = "mediacrush uploads"
loglevel = "warning"
control_socket_disable = True
forwarded_allow_ips = ""

# Nothing arrives for as long as a day: what is that old was left by processes that were killed.
for _folder in (_settings.bodies_dir, _settings.spool_dir):
    if _folder.is_dir():
        drop_abandoned(_folder, _DAY_S)
