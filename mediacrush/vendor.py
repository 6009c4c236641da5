"""What browsers are sent of other people's packages: taken from node_modules into static/vendor. Nothing is built.

package.json pins the packages, package-lock.json what their bytes must be, which `npm ci` checks. Without
static/vendor the site works all the same, with what browsers have themselves.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = _ROOT / "node_modules"
VENDOR = _ROOT / "static" / "vendor"
NOTICE = "NOTICE.txt"
STYLES = "media-chrome/styles.json"

# Package, file in it, and what it is for.
_FILES = (
    ("media-chrome", "dist/iife/all.js"),  # the player's controls
    ("hls.js", "dist/hls.min.mjs"),  # HLS where a browser cannot
    ("hash-wasm", "dist/sha256.umd.min.js"),  # the digest of what is to be uploaded
    ("jassub", "dist/jassub.js"),  # styled subtitles: libass
    ("jassub", "dist/debug.js"),
    ("jassub", "dist/default.woff2"),
    ("jassub", "dist/worker/worker.js"),
    ("jassub", "dist/worker/util.js"),
    ("jassub", "dist/worker/renderers/2d-renderer.js"),
    ("jassub", "dist/worker/renderers/webgl1-renderer.js"),
    ("jassub", "dist/worker/renderers/webgl2-renderer.js"),
    ("jassub", "dist/wasm/jassub-worker.js"),
    ("jassub", "dist/wasm/jassub-worker.wasm"),
    ("abslink", "src/abslink.js"),
    ("abslink", "src/types.js"),
    ("abslink", "adapters/w3c.js"),
    ("lfa-ponyfill", "index.js"),
)
# A browser finds a module by its address, not by its package's name.
_MODULES = {
    "abslink": "abslink/src/abslink.js",
    "abslink/w3c": "abslink/adapters/w3c.js",
    "lfa-ponyfill": "lfa-ponyfill/index.js",
}
# Left out: what the first makes up for every browser has that draws styled subtitles; the second counts frames for
# those who look for faults in the library.
_NOT_NEEDED = frozenset({"rvfc-polyfill", "throughput"})
_IMPORT = re.compile(r"""^import (?:(?P<names>[^'"]+?) from )?['"](?P<name>[^.'"][^'"]*)['"];?$""", re.MULTILINE)
_SOURCE_MAP = re.compile(r"^//# sourceMappingURL=.*$", re.MULTILINE)

# The elements of which controls.js makes a player write <style> into themselves. A page's policy names the
# digest of each, so that these styles count and no others; what they are only the package can say.
_STYLE_DIGESTS = """
import { createHash } from "node:crypto";
import * as controls from "media-chrome";
import * as menus from "media-chrome/menu";
const digests = new Set();
for (const element of Object.values({ ...controls, ...menus })) {
  const html = element.getTemplateHTML?.({}, {}) ?? "";
  for (const [, text] of html.matchAll(/<style[^>]*>([^]*?)<[/]style>/g)) {
    digests.add(createHash("sha256").update(text).digest("base64"));
  }
}
console.log(JSON.stringify([...digests].sort()));
"""


def main() -> None:
    """Fetch the packages and copy what pages load of them; what was there before is replaced at the end."""
    try:
        _run("npm", "ci", "--omit=dev")
        copy(VENDOR)
    except (OSError, subprocess.CalledProcessError) as error:
        sys.exit(f"The packages that browsers load could not be fetched, so they do without: {error}")


def copy(folder: Path) -> None:
    """Put into `folder` the files, their licences and the digests of the styles that controls bring."""
    fresh = folder.with_name(f".{folder.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for package, file in _FILES:
        _copy_file(_PACKAGES / package / file, fresh / package / file)
    (fresh / STYLES).write_text(_style_digests())
    (fresh / NOTICE).write_text(_notice())
    shutil.rmtree(folder, ignore_errors=True)
    fresh.rename(folder)


def _copy_file(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.suffix in {".js", ".mjs"}:
        up = "../" * (len(source.relative_to(_PACKAGES).parts) - 1)
        # Not every server knows what .mjs is.
        target.with_suffix(".js").write_text(for_browsers(source.read_text(), up))
    else:
        shutil.copyfile(source, target)


def for_browsers(module: str, up: str) -> str:
    """The text of a module with addresses for the packages it imports; `up` leads from it to static/vendor."""

    def address(found: re.Match[str]) -> str:
        names, name = found["names"], found["name"]
        if name in _NOT_NEEDED:
            return f"const {names} = undefined;" if names else ""
        return f'import {names} from "{up}{_MODULES[name]}";'

    return _SOURCE_MAP.sub("", _IMPORT.sub(address, module))


def _style_digests() -> str:
    return _run("node", "--input-type=module", "--eval", _STYLE_DIGESTS)


def _run(*command: str) -> str:
    program = shutil.which(command[0]) or command[0]
    return subprocess.run([program, *command[1:]], cwd=_ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _notice() -> str:
    parts = ["Other people's work that this site sends to browsers, and the terms it comes under.\n"]
    for package in dict.fromkeys(package for package, _ in _FILES):
        about = json.loads((_PACKAGES / package / "package.json").read_text())
        licence = next((_PACKAGES / package).glob("LICEN[CS]E*"), None)
        text = (
            licence.read_text() if licence else f"The package carries no text of its licence, {about['license']}.\n"
        )
        parts.append(f"{'=' * 80}\n{package} {about['version']}: {about['license']}\n{'=' * 80}\n\n{text}")
    return "\n".join(parts)


if __name__ == "__main__":
    main()
