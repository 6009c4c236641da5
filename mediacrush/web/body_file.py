"""The body of a request as nginx wrote it to a file, for a pool that nginx alone can reach (config/nginx.conf)."""

from pathlib import Path
from typing import BinaryIO

from flask import Request

from mediacrush.errors import BadRequest
from mediacrush.settings import Settings

# nginx sets or removes it; nobody else's is looked at.
_HEADER = "X-Body-File"
_NOT_HERE = "The upload did not arrive here; please send it again."


def open_body_file(request: Request, settings: Settings) -> BinaryIO | None:
    """The body, opened; None where it comes the ordinary way. The file's name stays nginx's, which removes it.

    Believed only where the settings say that nginx writes bodies down, and by a unix socket. Raises BadRequest for
    anything but a plain file in nginx's folder.
    """
    name = request.headers.get(_HEADER)
    if name is None or not settings.bodies_from_nginx or request.environ.get("REMOTE_ADDR"):
        return None
    path = Path(name)
    if path.parent != settings.bodies_dir or path.is_symlink() or not path.is_file():
        raise BadRequest(_NOT_HERE)
    try:
        return path.open("rb", buffering=0)
    except OSError as error:
        raise BadRequest(_NOT_HERE) from error
