"""Gunicorn's own lines in the shape of ours."""

from typing import Any

from gunicorn.glogging import Logger

from mediacrush import logs
from mediacrush.settings import load_settings

# For an access log where one is wanted: no address, and no query, which may hold a token.
ACCESS_FORMAT = "%(m)s %(U)s: %(s)s after %(L)s s"


class GunicornLogger(Logger):  # type: ignore[misc]  # gunicorn has no types
    """Gunicorn's logger with our formatter."""

    def setup(self, cfg: Any) -> None:
        """Gunicorn's, then ours."""
        super().setup(cfg)
        log_format = load_settings().log_format
        for logger in (self.error_log, self.access_log):
            for handler in logger.handlers:
                logs.shape(handler, log_format)
