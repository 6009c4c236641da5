"""nginx's configuration as it is written for a site, read by every nginx that is here."""

import shutil
import socket
import ssl
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from mediacrush import nginx
from mediacrush.backends import Backends
from mediacrush.errors import SettingsError
from mediacrush.nginx import Nginx, Place
from mediacrush.settings import Settings
from tests.edge import Edge, nginx_program
from tests.site import free_port

_PROGRAMS = list(filter(None, [nginx_program(), shutil.which("nginx")]))

_OPENSSL = (
    *(
        "openssl",
        "req",
        "-x509",
        "-nodes",
        "-days",
        "1",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
    ),
    *("-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost"),
)


@pytest.fixture(scope="module")
def tls(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate for `localhost` and its key."""
    folder = tmp_path_factory.mktemp("tls")
    certificate, key = folder / "certificate.pem", folder / "key.pem"
    subprocess.run(
        [*_OPENSSL, "-keyout", str(key), "-out", str(certificate)],
        check=True,
        capture_output=True,
    )
    return certificate, key


def _site(backends: Backends, **fields: object) -> Backends:
    fields = {"public_url": "https://localhost", **fields}
    return replace(backends, settings=Settings(**backends.settings.model_dump() | fields))


def _test(program: str, path: Path) -> str:
    """What `nginx -t` says of it; a failure unless it is content."""
    command = [
        program,
        "-t",
        "-c",
        str(path),
        "-g",
        f"pid {path.parent}/pid;",
        "-e",
        str(path.parent / "error.log"),
    ]
    finished = subprocess.run(command, check=False, capture_output=True, text=True)
    assert finished.returncode == 0, finished.stderr
    return finished.stderr


@pytest.mark.parametrize("program", _PROGRAMS)
def test_every_form_of_it_is_understood(
    backends: Backends, tls: tuple[Path, Path], tmp_path: Path, program: str
) -> None:
    """With TLS and without, pools here and on other hosts, proxies and exempt networks; without a warning."""
    certificate, key = tls
    settings = {"trusted_proxies": "10.0.0.0/8,fd00::/8", "rate_limit_exempt": "192.0.2.0/24"}
    here = Place(folder=tmp_path, logs=tmp_path, cache=tmp_path / "cache", listen=[f"127.0.0.1:{free_port()}"])
    elsewhere = {"pages": ["10.0.0.2:8000", "10.0.0.3:8000"], "uploads": ["10.0.0.2:8001", "10.0.0.3:8001"]}
    for place in (here, replace(here, certificate=certificate, key=key, **elsewhere)):
        said = _test(program, nginx.write(_site(backends, **settings), place, nginx.look_at(program)))
        assert "[warn]" not in said


def test_http3_and_brotli_are_used_where_nginx_has_them(
    backends: Backends, tls: tuple[Path, Path], tmp_path: Path
) -> None:
    """And the address that says so is told to browsers."""
    certificate, key = tls
    place = Place(folder=tmp_path, logs=tmp_path, cache=tmp_path / "cache", certificate=certificate, key=key)
    modern = Nginx(version=(1, 26, 0), has_http3=True, has_brotli=True, modules_enabled=None)
    text = nginx.write(_site(backends), place, modern).read_text()
    assert "listen 443 quic;" in text
    assert """Alt-Svc 'h3=":443"; ma=86400'""" in text
    assert "brotli on;" in text
    debian = replace(modern, version=(1, 22, 1), has_http3=False, has_brotli=False)
    old = nginx.write(_site(backends), place, debian).read_text()
    assert "listen 443 ssl http2;" in old
    assert not any(word in old for word in (" quic", "Alt-Svc", "brotli on", "http2 on"))


def test_a_site_without_a_name_is_told_to_take_one(backends: Backends, tmp_path: Path) -> None:
    """nginx answers for no other name, so there must be one; and an nginx that is not there is a sentence too."""
    with pytest.raises(SettingsError, match="MEDIACRUSH_PUBLIC_URL"):
        nginx.write(backends, Place(folder=tmp_path, cache=tmp_path), nginx.look_at(nginx_program()))
    with pytest.raises(SettingsError, match="does not run"):
        nginx.look_at(str(tmp_path / "nginx"))


def test_tls_is_new_and_for_our_name_only(redis_url: str, tls: tuple[Path, Path], tmp_path: Path) -> None:
    """HTTP/2 is agreed on, the browser is told to stay with TLS; another name ends in the handshake."""
    nobody = {"pages": ["127.0.0.1:1"], "uploads": ["127.0.0.1:1"]}
    settings = {"PUBLIC_URL": "https://localhost", "REDIS_URL": redis_url}
    with Edge(tmp_path / "data", tmp_path, tls=tls, **nobody, **settings) as edge:
        context = ssl.create_default_context(cafile=str(tls[0]))
        context.set_alpn_protocols(["h2", "http/1.1"])
        with _connected(edge, context, "localhost") as connection:
            assert connection.selected_alpn_protocol() == "h2"
        context.set_alpn_protocols(["http/1.1"])
        with _connected(edge, context, "localhost") as connection:
            connection.sendall(b"GET /version HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            answer = b"".join(iter(lambda: connection.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 503 ")
        assert b"Strict-Transport-Security: max-age=31536000" in answer
        context.check_hostname = False
        with pytest.raises(ssl.SSLError):
            _connected(edge, context, "evil.example")


def _connected(edge: Edge, context: ssl.SSLContext, name: str) -> ssl.SSLSocket:
    plain = socket.create_connection(("127.0.0.1", edge.port), timeout=60)
    try:
        return context.wrap_socket(plain, server_hostname=name)
    except ssl.SSLError:
        plain.close()
        raise
