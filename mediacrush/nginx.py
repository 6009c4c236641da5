"""nginx's configuration, written from config/nginx.conf for the settings of the site and the nginx that is here:
`python -m mediacrush.nginx FOLDER`.

What both sides must agree on (folders, limits, types, policies, the name of the build, trusted proxies) is told
once, in the settings or in the code. The error pages that nginx sends by itself are rendered here too.
"""

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from resource import RLIMIT_NOFILE, getrlimit
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mediacrush.backends import Backends, connect_backends
from mediacrush.errors import MediaCrushError, SettingsError
from mediacrush.model.formats import FORMATS
from mediacrush.pipeline.hls import MANIFEST_MIME
from mediacrush.settings import Settings, load_settings
from mediacrush.web import create_app, errors, files
from mediacrush.web.assets import STATIC, WASM_WORKER, WASM_WORKER_POLICY, build_id
from mediacrush.web.http import MAX_FORM_BYTES

_TEMPLATE = Path(__file__).resolve().parents[1] / "config" / "nginx.conf"
_LOGS, _CACHE = Path("/var/log/nginx"), Path("/var/cache/nginx")
_IPV6 = Path("/proc/net/if_inet6")
_HTTP2_DIRECTIVE = _HTTP3 = (1, 25, 1)
# Each process: room for 16,384 connections and as many files. Debian's default of 768 loses 896 of 1,600 viewers.
_CONNECTIONS = 16_384
# What is published beside originals (mediacrush/pipeline) and what lies in static/.
_OTHER_TYPES = {
    "text/vtt": ["vtt"],
    "text/x-ssa": ["ass"],
    "application/json": ["json"],
    MANIFEST_MIME: ["m3u8"],
    "font/ttf": ["ttf"],
    "font/otf": ["otf"],
    "font/collection": ["ttc"],
    "font/woff": ["woff"],
    "font/woff2": ["woff2"],
}
_STATIC_TYPES = {
    "text/css": ["css"],
    "text/javascript": ["js"],
    "text/plain": ["txt"],
    "application/wasm": ["wasm"],
}
_SENTENCES = {
    400: "The request is malformed or broke off; please send it again.",
    413: "The request is larger than this site takes.",
    414: "The address is longer than this site takes.",
    429: "That was a lot at once; please go on in a moment.",
    503: "The site is being restarted or has too much to do; please try again in a moment.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nginx:
    """An nginx as it was built: `version`, whether it knows HTTP/3 and Brotli, and the folder of its modules."""

    version: tuple[int, ...]
    has_http3: bool
    has_brotli: bool
    modules_enabled: Path | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where nginx stands. `certificate` and its `key` are files; without them TLS ends before nginx. `listen` are
    addresses as nginx writes them (none: the usual ports); `pages` and `uploads` the pools on other hosts, as
    `host:port` (none: the two sockets of this host). Paths are absolute."""

    folder: Path
    certificate: Path | None = None
    key: Path | None = None
    listen: Sequence[str] = ()
    pages: Sequence[str] = ()
    uploads: Sequence[str] = ()
    logs: Path = _LOGS
    cache: Path = _CACHE


def main(arguments: Sequence[str] | None = None) -> int:
    """Write it and print where; the exit status."""
    options = _parser().parse_args(arguments)
    program = options.__dict__.pop("nginx")
    try:
        print(write(connect_backends(load_settings()), Place(**vars(options)), look_at(program)))
    except MediaCrushError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m mediacrush.nginx", description="Write nginx's configuration for the settings of this site."
    )
    parser.add_argument("folder", type=_absolute, metavar="FOLDER", help="for nginx.conf and its error pages")
    parser.add_argument("--certificate", type=_absolute, metavar="FILE", help="with its chain; none: no TLS here")
    parser.add_argument("--key", type=_absolute, metavar="FILE", help="of the certificate")
    parser.add_argument("--listen", action="append", default=[], metavar="ADDRESS", help="not the usual ports")
    parser.add_argument("--pages", action="append", default=[], metavar="HOST:PORT", help="a pool on another host")
    parser.add_argument("--uploads", action="append", default=[], metavar="HOST:PORT", help="the same for uploads")
    parser.add_argument("--logs", type=_absolute, default=_LOGS, metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--cache", type=_absolute, default=_CACHE, metavar="FOLDER", help="default: %(default)s")
    parser.add_argument("--nginx", default="nginx", metavar="PROGRAM", help="the nginx that will read it")
    return parser


def _absolute(path: str) -> Path:
    return Path(path).resolve()


def look_at(program: str) -> Nginx:
    """What this nginx can do. Raises SettingsError when it does not run."""
    try:
        told = subprocess.run([program, "-V"], check=True, capture_output=True, text=True, timeout=30).stderr
    except (OSError, subprocess.SubprocessError) as error:
        raise SettingsError(f"nginx ({program}) does not run: install it, or name it with --nginx.") from error
    found = re.search(r"nginx/(\d+)\.(\d+)\.(\d+)", told)
    if found is None:
        raise SettingsError(f"{program} does not say which nginx it is.")
    version = tuple(map(int, found.groups()))
    configuration = re.search(r"--conf-path=(/\S+)", told)
    modules = Path(configuration[1]).parent / "modules-enabled" if configuration else None
    return Nginx(
        version=version,
        has_http3="--with-http_v3_module" in told and version >= _HTTP3,
        has_brotli="brotli" in told or (modules is not None and any(modules.glob("*brotli-filter*"))),
        modules_enabled=modules if modules is not None and modules.is_dir() else None,
    )


def write(backends: Backends, place: Place, nginx: Nginx) -> Path:
    """Write `nginx.conf` and `errors/` into the place's folder; the path of the former.

    Raises SettingsError where PUBLIC_URL is not set or the folder cannot be written.
    """
    app = create_app(backends)
    try:
        pages = place.folder / "errors"
        for folder in (pages, place.cache):
            folder.mkdir(parents=True, exist_ok=True)
        for code, sentence in _SENTENCES.items():
            with app.test_request_context("/"):
                (pages / f"{code}.person").write_bytes(errors.error_answer(code, sentence).get_data())
            (pages / f"{code}.program").write_text(_error_json(code))
        with app.test_request_context("/"):
            page_policy = errors.error_answer(400, "").headers["Content-Security-Policy"]
        path = place.folder / "nginx.conf"
        path.write_text(_rendered(backends.settings, place, nginx, page_policy))
    except OSError as error:
        raise SettingsError(f"{error.filename} cannot be written ({error.strerror}).") from error
    return path


def _error_json(code: int, is_hidden: bool = False) -> str:
    """As the application writes it; `is_hidden` for clients that read the status from the body."""
    content: dict[str, object] = {"error": code, "message": _SENTENCES[code]}
    return json.dumps(content | ({"x-status": code} if is_hidden else {}))


def _rendered(settings: Settings, place: Place, nginx: Nginx, page_policy: str) -> str:
    if settings.public_url is None:
        raise SettingsError("Set MEDIACRUSH_PUBLIC_URL first: nginx answers for that name only.")
    site = urlsplit(settings.public_url)
    is_tls = place.certificate is not None
    port = site.port or (443 if is_tls else 80)
    own_types = {form.mime: [f.extension for f in FORMATS if f.mime == form.mime] for form in FORMATS}
    published = own_types | _OTHER_TYPES
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATE.parent),
        undefined=StrictUndefined,
        autoescape=False,  # noqa: S701  # no page
        keep_trailing_newline=True,
    )
    return environment.get_template(_TEMPLATE.name).render(
        folder=place.folder,
        user=settings.data_dir.owner(),
        modules_enabled=nginx.modules_enabled,
        connections=_CONNECTIONS,
        max_open_files=min(2 * _CONNECTIONS, getrlimit(RLIMIT_NOFILE)[1]),
        log_dir=place.logs,
        cache_dir=place.cache,
        media_dir=settings.media_dir,
        bodies_dir=settings.bodies_dir,
        static_dir=STATIC,
        build=build_id(),
        types={mime: sorted(set(extensions)) for mime, extensions in (published | _STATIC_TYPES).items()},
        extensions="|".join(sorted({extension for some in published.values() for extension in some})),
        file_policy=files.POLICY,
        drawing_policy=files.SVG_POLICY,
        page_policy=page_policy,
        wasm_worker=WASM_WORKER,
        wasm_worker_policy=WASM_WORKER_POLICY,
        error_json=_error_json,
        max_body_bytes=int(settings.max_file_size) + MAX_FORM_BYTES,
        trusted_proxies=settings.trusted_proxies,
        exempt=settings.rate_limit_exempt,
        host=site.netloc,
        server_name=site.hostname,
        scheme=site.scheme,
        is_tls=is_tls,
        certificate=place.certificate,
        certificate_key=place.key,
        port=port,
        addresses=place.listen or _everywhere(port),
        plain_addresses=_everywhere(80) if is_tls and not place.listen else (),
        protocols=" ssl http2" if is_tls and nginx.version < _HTTP2_DIRECTIVE else " ssl" if is_tls else "",
        has_http2_directive=nginx.version >= _HTTP2_DIRECTIVE,
        has_http3=is_tls and nginx.has_http3,
        has_brotli=nginx.has_brotli,
        pages=place.pages or [f"unix:{settings.pages_socket}"],
        uploads=place.uploads or [f"unix:{settings.uploads_socket}"],
        hands_over_bodies=not place.uploads,
    )


def _everywhere(port: int) -> list[str]:
    return [str(port), *([f"[::]:{port}"] if _IPV6.exists() else [])]


if __name__ == "__main__":
    sys.exit(main())
