"""Published files. In production nginx, the CDN or the bucket sends their bytes; this says where they are."""

import os
import tempfile
from io import BytesIO
from pathlib import Path

from flask import Flask, redirect, request, send_file
from werkzeug import Response

from mediacrush.database.media import public_key
from mediacrush.errors import NotFound
from mediacrush.model.media import PublishedFile, Role
from mediacrush.services import albums, library
from mediacrush.web import http

# Under what nginx knows the folder of local storage; without nginx nobody looks at the answer's header.
_NGINX_FOLDER = "X-Accel-Folder"
_YEAR_S = 365 * 24 * 3600
_MINUTE_S = 60
# A few kilobytes of text that name their neighbours or are read by our scripts. Without a CDN we send them, so that
# the names lead back here.
_TEXTS = ("text/", "application/vnd.apple.mpegurl", "application/json")
_NOT_HERE = "This file is not here any more."
# A browser that opens a media file by itself shows it in a page of its own making, with styles of its own.
POLICY = "default-src 'none'; img-src 'self'; media-src 'self'; style-src 'unsafe-inline'"
# A drawing is a page: nothing runs in it and nothing is loaded, should the sanitiser ever have missed something.
SVG_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox"


def register(app: Flask) -> None:
    """The addresses of files."""
    app.add_url_rule("/<hash:hash_>.<extension>", "file", _file)
    app.add_url_rule("/download/<hash:hash_>.<extension>", "download", _download)
    app.add_url_rule("/<hash:hash_>/thumbnail", "thumbnail", _thumbnail)


def _file(hash_: str, extension: str) -> Response:
    return _send(hash_, extension, as_attachment=False)


def _download(hash_: str, extension: str) -> Response:
    return _send(hash_, extension, as_attachment=True)


def _send(hash_: str, extension: str, *, as_attachment: bool) -> Response:
    """The file, with Range and conditional requests; a redirect where it is not on this machine.

    Where nginx has not sent the file itself (a zip, a kind it does not know) but could, it is told which to send.
    """
    backends = http.backends()
    file = _zip(hash_) if extension == "zip" else library.find_file(backends, hash_, f"{hash_}.{extension}")
    path = backends.storage.local_path(public_key(file.filename))
    if path is not None:
        return _sent(path, file, as_attachment=as_attachment)
    cdn = backends.settings.files_url
    if cdn is not None and not as_attachment:
        return _redirect(f"{cdn}/{file.filename}", max_age_s=_MINUTE_S)
    if cdn is None and file.mime.startswith(_TEXTS):
        return _sent(_text(file), file, as_attachment=as_attachment)
    # A browser saves what another site sends only where that says so, and a CDN says the same to everybody.
    address = backends.storage.signed_url(
        public_key(file.filename),
        method="HEAD" if request.method == "HEAD" else "GET",
        download_name=file.filename if as_attachment else None,
    )
    if address is None:
        raise NotFound(_NOT_HERE)
    return _redirect(address, max_age_s=0)


def _redirect(address: str, *, max_age_s: int) -> Response:
    answer = redirect(address)
    answer.headers["Cache-Control"] = f"public, max-age={max_age_s}" if max_age_s else "no-store"
    return answer


def _text(file: PublishedFile) -> BytesIO:
    """A small file of the bucket. Raises NotFound."""
    backends = http.backends()
    with tempfile.TemporaryDirectory(dir=backends.settings.work_dir, prefix=f"{os.getpid()}.") as folder:
        path = Path(folder) / "text"
        try:
            backends.storage.fetch(public_key(file.filename), path)
        except KeyError:
            raise NotFound(_NOT_HERE) from None
        return BytesIO(path.read_bytes())


def _sent(content: Path | BytesIO, file: PublishedFile, *, as_attachment: bool) -> Response:
    folder = request.headers.get(_NGINX_FOLDER)
    media_dir = http.backends().settings.media_dir
    # A text of the bucket and a file of the former storage lie where nginx does not look.
    path = (
        content.relative_to(media_dir) if isinstance(content, Path) and content.is_relative_to(media_dir) else None
    )
    answer = send_file(
        content,
        mimetype=file.mime,
        conditional=folder is None or path is None,
        as_attachment=as_attachment,
        download_name=file.filename,
        max_age=_YEAR_S,
    )
    if file.mime == "application/zip":
        # Of all files this one changes: when a media of the album is deleted, no cache may go on giving it away.
        answer.headers["Cache-Control"] = "public, no-cache"
    else:
        answer.cache_control.immutable = True
    is_drawing = file.mime == "image/svg+xml"
    answer.headers["Content-Security-Policy"] = SVG_POLICY if is_drawing else POLICY
    if folder is not None and path is not None:
        answer.close()
        answer.direct_passthrough = False
        answer.set_data(b"")
        answer.headers["X-Accel-Redirect"] = f"{folder}{path}"
    return answer


def _zip(hash_: str) -> PublishedFile:
    """The zip of an album, while it holds just what is in the album. Raises NotFound."""
    album = albums.find(http.backends(), hash_)
    albums.drop_stale_zip(http.backends(), album)
    if not album.has_zip:
        raise NotFound("This album is not packed yet.")
    return PublishedFile(
        name="zip", filename=album.zip_filename, mime="application/zip", role=Role.EXTRA, size_bytes=0
    )


def _thumbnail(hash_: str) -> Response:
    """To the smallest still there is of it."""
    view = http.media_view(library.find_shown(http.backends(), hash_))
    if view.thumbnail_url is None:
        raise NotFound("There is no picture of this.")
    return redirect(view.thumbnail_url)
