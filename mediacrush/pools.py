"""What every gunicorn of ours does beside answering: it counts for Prometheus and logs in our shape.

The files config/gunicorn*.py take these names; gunicorn knows the hooks by theirs.
"""

from typing import Any

from mediacrush import logs, metrics
from mediacrush.settings import Settings, load_settings

# For an access log where one is wanted: no address, and no query, which may hold a token.
access_log_format = "%(m)s %(U)s: %(s)s after %(L)s s"


def prepare(settings: Settings) -> None:
    """Call it first: what is counted before is lost."""
    logs.configure(settings.log_format)
    metrics.share(settings.metrics_dir)


def on_starting(server: Any) -> None:
    """Have gunicorn write as we do, and keep what the processes of the last run counted."""
    for logger in (server.log.error_log, server.log.access_log):
        for handler in logger.handlers:
            logs.shape(handler, load_settings().log_format)
    metrics.adopt_dead()


def child_exit(server: Any, worker: Any) -> None:
    """Keep what this process counted."""
    metrics.adopt_dead()
