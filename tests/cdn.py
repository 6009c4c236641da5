"""What browsers get their files from on AWS: an edge, and a bucket, with the headers of our template."""

import re
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from http import HTTPStatus
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import urlsplit

import yaml
from botocore.exceptions import ClientError

from tests.s3 import S3Server

TEMPLATE = Path(__file__).resolve().parents[1] / "config" / "cloudformation.yaml"


class _Loader(yaml.SafeLoader):
    """Takes `!Ref X` and the like for what is behind the sign."""


def _plain(loader: yaml.SafeLoader, _: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _plain)


@cache
def template() -> dict[str, Any]:
    """What the template of bucket and CDN says."""
    found: dict[str, Any] = yaml.load(TEMPLATE.read_text(), Loader=_Loader)  # noqa: S506  # a SafeLoader of our own
    return found


def _headers(policy: str, *, is_cors: bool) -> dict[str, str]:
    """What this policy of the template adds to an answer; to a request that names its origin also who may read it,
    and to no other, as CloudFront does it."""
    config = template()["Resources"][policy]["Properties"]["ResponseHeadersPolicyConfig"]
    security, cors = config["SecurityHeadersConfig"], config["CorsConfig"]
    headers = {
        "Content-Security-Policy": security["ContentSecurityPolicy"]["ContentSecurityPolicy"],
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": security["ReferrerPolicy"]["ReferrerPolicy"],
    }
    if is_cors:
        headers["Access-Control-Allow-Origin"] = cors["AccessControlAllowOrigins"]["Items"][0]
        headers["Access-Control-Expose-Headers"] = ", ".join(cors["AccessControlExposeHeaders"]["Items"])
    return headers


def _bucket_headers() -> dict[str, str]:
    """What S3 adds to an answer, by the template's rule, where a request names its origin."""
    (rule,) = template()["Resources"]["Bucket"]["Properties"]["CorsConfiguration"]["CorsRules"]
    return {
        "Access-Control-Allow-Origin": rule["AllowedOrigins"][0],
        "Access-Control-Expose-Headers": ", ".join(rule["ExposedHeaders"]),
        "Vary": "Origin",
    }


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def handle(self) -> None:
        """Every request of a connection. Browsers break off what they have enough of."""
        with suppress(ConnectionError):
            super().handle()

    def answer(self, status: int, headers: dict[str, str], body: bytes) -> None:
        """Send this, of known length."""
        self.send_response(status)
        for name, value in ({"Content-Length": str(len(body))} | headers).items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing."""


@contextmanager
def _running(handler: type[_Handler]) -> Iterator[int]:
    """The port of the loopback on which it answers."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def cdn(server: S3Server, bucket: str, prefix: str = "", folder: str = "") -> Iterator[str]:
    """The address of an edge that serves what is public under `prefix` of the bucket, in `folder`: `/crush`."""

    class Edge(_Handler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path  # the cache policy takes no query along
            name = re.fullmatch(rf"{re.escape(folder)}/([\w.-]+)", path)
            key = f"{prefix}public/{name[1]}" if name else "-"
            asked = {"Range": self.headers["Range"]} if "Range" in self.headers else {}
            policy = "DrawingHeaders" if path.endswith(".svg") else "FileHeaders"
            headers = _headers(policy, is_cors="Origin" in self.headers)
            try:
                found = server.client.get_object(Bucket=bucket, Key=key, **asked)
            except ClientError as error:
                self.answer(error.response["ResponseMetadata"]["HTTPStatusCode"], headers, b"")
                return
            headers |= {"Content-Type": found["ContentType"], "Cache-Control": found["CacheControl"]}
            headers |= {"Accept-Ranges": "bytes", "ETag": found["ETag"]}
            if asked:
                headers["Content-Range"] = found["ContentRange"]
            self.answer(HTTPStatus.PARTIAL_CONTENT if asked else HTTPStatus.OK, headers, found["Body"].read())

    with _running(Edge) as port:
        # Another site to a browser than 127.0.0.1 is, not only another origin.
        yield f"http://localhost:{port}{folder}"


@contextmanager
def store(server: S3Server) -> Iterator[str]:
    """The endpoint of a store that is to browsers as Amazon's is. rclone lets pages of any origin read, and calls a
    part the whole (200), which a browser then keeps as such."""
    behind = urlsplit(server.endpoint)

    class Front(_Handler):
        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            with closing(HTTPConnection(behind.netloc, timeout=60)) as connection:
                connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
                for name, value in self.headers.items():
                    if name != "Expect":
                        connection.putheader(name, value)
                connection.endheaders(body)
                found = connection.getresponse()
                content = found.read()
            headers = {name: value for name, value in found.getheaders() if not name.startswith("Access-Control-")}
            headers.pop("Transfer-Encoding", None)
            if "Origin" in self.headers:
                headers |= _bucket_headers()
            is_part = found.status == HTTPStatus.OK and "Content-Range" in headers
            self.answer(HTTPStatus.PARTIAL_CONTENT if is_part else found.status, headers, content)

        do_HEAD = do_PUT = do_POST = do_DELETE = do_GET  # noqa: N815  # http.server's names

    with _running(Front) as port:
        yield f"http://127.0.0.1:{port}"
