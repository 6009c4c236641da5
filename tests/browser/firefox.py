"""Debian's own Firefox, driven by the W3C's WebDriver BiDi, which it speaks by itself over a WebSocket.

Playwright brings a Firefox of its own, and sends a stock one commands that the long-term release has not; Selenium
wants geckodriver, which no package registry holds. What is needed here are a few commands.
"""

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

_NAMES = ("firefox-esr", "firefox")
MISSING = f"There is no Firefox on this machine (looked for {', '.join(_NAMES)})."
_PREFERENCES = {
    # Nothing that a browser asks the net for by itself.
    "app.update.disabledForTesting": True,
    "browser.safebrowsing.provider.mozilla.updateURL": "",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "extensions.getAddons.cache.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,",
    "toolkit.telemetry.enabled": False,
    # Sound that nobody clicked for, and a microphone that is always there and hums.
    "media.autoplay.default": 0,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
}
# For as many frames as no transition needs for its first pixel.
_STANDS_STILL = """async (element) => {
  element.scrollIntoView({ block: "center" });
  for (let frames = 0, last = ""; frames < 5; ) {
    await new Promise(requestAnimationFrame);
    const place = JSON.stringify(element.getBoundingClientRect());
    frames = place === last ? frames + 1 : 0;
    last = place;
  }
}"""
_START_S, _STEP_S, _LOOK_AGAIN_S = 120, 60, 0.05


def find_firefox() -> str | None:
    """The path of the first one there is."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


class Firefox:
    """One tab. `problems` are what its console and answers complained of, and requests to anybody but `site`."""

    def __init__(self, connection: ClientConnection, site: str) -> None:
        self._connection = connection
        self._site = site
        self._last_id = 0
        self.problems: list[str] = []
        self.send("session.new", capabilities={})
        self.send("session.subscribe", events=["log.entryAdded", "network.responseCompleted", "network.fetchError"])
        self._tab = self.send("browsingContext.create", type="tab")["context"]

    def send(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol; its result. Raises AssertionError for one that is refused."""
        self._last_id += 1
        self._connection.send(json.dumps({"id": self._last_id, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._connection.recv(_STEP_S))
            if message.get("id") == self._last_id:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result
            if message["type"] == "event":
                self._look_at(message["method"], message["params"])

    def open(self, path: str) -> None:
        """Go to a path of the site, and wait until all of it is there."""
        self.send("browsingContext.navigate", context=self._tab, url=f"{self._site}{path}", wait="complete")

    def evaluate(self, expression: str) -> Any:
        """The value of this JavaScript, awaited, as JSON has it."""
        wrapped = f"(async () => JSON.stringify(await ({expression})) ?? 'null')()"
        result = self.send("script.evaluate", expression=wrapped, target={"context": self._tab}, awaitPromise=True)
        assert result["type"] == "success", result
        return json.loads(result["result"]["value"])

    def wait_until(self, expression: str) -> None:
        """Wait until this JavaScript is true."""
        deadline = time.monotonic() + _STEP_S
        while not self.evaluate(expression):
            assert time.monotonic() < deadline, f"this never became true: {expression}"
            time.sleep(_LOOK_AGAIN_S)

    def choose(self, selector: str, *files: Path) -> None:
        """Choose files in a file field, as a person does in the chooser."""
        self.send("input.setFiles", context=self._tab, element=self._find(selector), files=list(map(str, files)))

    def click(self, selector: str) -> None:
        """A real click in the middle of the first such element."""
        self.click_on(f"document.querySelector({json.dumps(selector)})")

    def click_on(self, expression: str) -> None:
        """The same on the element that this JavaScript gives, which may stand in another's shadow; once it stands
        still."""
        self.evaluate(f"({_STANDS_STILL})({expression})")
        target = {"context": self._tab}
        found = self.send("script.evaluate", expression=expression, target=target, awaitPromise=False)["result"]
        where = {"type": "element", "element": {"sharedId": found["sharedId"]}}
        actions = [
            {"type": "pointerMove", "x": 0, "y": 0, "origin": where},
            {"type": "pointerDown", "button": 0},
            {"type": "pointerUp", "button": 0},
        ]
        pointer = {"type": "pointer", "id": "mouse", "actions": actions}
        self.send("input.performActions", context=self._tab, actions=[pointer])

    def _find(self, selector: str) -> dict[str, str]:
        locator = {"type": "css", "value": selector}
        nodes = self.send("browsingContext.locateNodes", context=self._tab, locator=locator)["nodes"]
        assert nodes, f"there is no {selector}"
        return {"sharedId": nodes[0]["sharedId"]}

    def _look_at(self, event: str, parameters: dict[str, Any]) -> None:
        if event == "log.entryAdded":
            if parameters["level"] == "error":
                self.problems.append(f"console: {parameters['text']}")
            return
        address = parameters["request"]["url"]
        if address.startswith("http") and not address.startswith(self._site):
            self.problems.append(f"third party: {address}")
        elif event == "network.responseCompleted" and parameters["response"]["status"] >= 400:
            self.problems.append(f"{parameters['response']['status']}: {address}")


@contextmanager
def firefox(executable: str, site: str, profile: Path) -> Iterator[Firefox]:
    """A running Firefox with one tab and a new profile in this folder; ended at the end."""
    profile.mkdir()
    lines = (f"user_pref({json.dumps(name)}, {json.dumps(value)});" for name, value in _PREFERENCES.items())
    (profile / "user.js").write_text("\n".join(lines))
    command = [executable, "--headless", "--no-remote", "--remote-debugging-port=0", "--profile", str(profile)]
    process = subprocess.Popen(
        command,
        env=os.environ | {"HOME": str(profile)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        with connect(_address(process, profile), max_size=None) as connection:
            yield Firefox(connection, site)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _address(process: "subprocess.Popen[bytes]", profile: Path) -> str:
    """Where it listens, which it writes into its profile."""
    path = profile / "WebDriverBiDiServer.json"
    deadline = time.monotonic() + _START_S
    while not path.exists() or not path.read_text():
        assert process.poll() is None, "Firefox did not start"
        assert time.monotonic() < deadline, "Firefox did not start in time"
        time.sleep(_LOOK_AGAIN_S)
    found = json.loads(path.read_text())
    return f"ws://{found['ws_host']}:{found['ws_port']}/session"
