"""HTTP in, JSON and HTML out: the only place that knows Flask."""

from flask import Flask

from mediacrush.backends import Backends
from mediacrush.web import (
    album_pages,
    albums_api,
    assets,
    caching,
    discord,
    docs_pages,
    errors,
    files,
    http,
    media_api,
    mine_pages,
    moderation,
    oembed,
    own_pages,
    pages,
    preview,
    share,
    uploads_api,
    watched,
    watching,
)
from mediacrush.web.page_cache import PageCache

_PARTS = (
    # First, so that its look at an answer is the last.
    caching,
    assets,
    errors,
    http,
    uploads_api,
    media_api,
    albums_api,
    album_pages,
    moderation,
    share,
    oembed,
    discord,
    pages,
    own_pages,
    mine_pages,
    preview,
    docs_pages,
    files,
    watched,
    watching,
)


def create_app(backends: Backends) -> Flask:
    """The application, working with these backends."""
    app = Flask("mediacrush", static_folder=None, template_folder=str(assets.TEMPLATES))
    app.extensions["backends"] = backends
    # Forms other than uploads are small; uploads are read by uploads_api.py, which has its own limit.
    app.config["MAX_CONTENT_LENGTH"] = app.config["MAX_FORM_MEMORY_SIZE"] = http.MAX_FORM_BYTES
    app.url_map.converters["hash"] = http.HashConverter
    # A double slash is collapsed before routing (http.py), not redirected: historical clients do not follow that.
    app.url_map.merge_slashes = False
    app.jinja_options = {"trim_blocks": True, "lstrip_blocks": True}
    for part in _PARTS:
        part.register(app)
    # Outermost last: everything is counted, and slashes are collapsed before a page is looked up by its path.
    pages_kept = PageCache(app.wsgi_app, backends)
    collapsed = http.CollapseSlashes(pages_kept)
    app.wsgi_app = watched.Watched(collapsed, backends.settings)  # type: ignore[method-assign]  # as Flask's manual has it
    return app
