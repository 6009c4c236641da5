"""What must not happen behind a page's back while a test drives it."""

from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, Response, WebError

_ERRORS_FROM = 400
# The console repeats what the answer's status and the request's failure say already, less exactly.
_SAID_TWICE = "Failed to load resource"
# The browser gave up by itself, as it was asked to: a film it has enough of, a page left, an upload cancelled.
_OWN_WISH = "net::ERR_ABORTED"
# A browser without JavaScript loads no script that a page wants early. What our policy forbids, the console says.
_NO_SCRIPT = "csp"


class Watch:
    """Collects console errors (the content security policy speaks there too), uncaught errors, failed requests to
    our site, and every request to anybody else's."""

    def __init__(self, *origins: str) -> None:
        self._origins = {_origin(address) for address in origins}
        self._problems: list[str] = []
        self._expected: list[str] = []
        self._is_over = False

    def allow(self, address: str) -> None:
        """Another site that this test is about."""
        self._origins.add(_origin(address))

    def expect(self, *words: str) -> None:
        """Problems with these words in them are what the test is about."""
        self._expected.extend(words)

    def follow(self, context: BrowserContext) -> None:
        """Look at everything that the pages of this context do."""
        context.on("console", self._on_console)
        context.on("weberror", self._on_error)
        context.on("request", self._on_request)
        context.on("requestfailed", self._on_failure)
        context.on("response", self._on_response)

    def end(self) -> None:
        """Closing a page breaks off what it was loading."""
        self._is_over = True

    @property
    def problems(self) -> list[str]:
        """What nobody expected."""
        return [problem for problem in self._problems if not any(words in problem for words in self._expected)]

    def _note(self, problem: str) -> None:
        if not self._is_over:
            self._problems.append(problem)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type == "error" and not message.text.startswith(_SAID_TWICE):
            self._note(f"console: {message.text}")

    def _on_error(self, error: WebError) -> None:
        self._note(f"uncaught: {error.error}")

    def _on_request(self, request: Request) -> None:
        if request.url.startswith(("http:", "https:", "ws:", "wss:")) and _origin(request.url) not in self._origins:
            self._note(f"third party: {request.url}")

    def _on_failure(self, request: Request) -> None:
        if request.failure not in (_OWN_WISH, _NO_SCRIPT):
            self._note(f"failed: {request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        if response.status >= _ERRORS_FROM:
            self._note(f"{response.status}: {response.request.method} {response.url}")


def _origin(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
