"""axe-core, which finds what keeps people from using a page: `python -m tests.support.axe` fetches it into build/.

Nothing of it stands in this tree but its version and its hash, which is checked at every use.
"""

import base64
import hashlib
import shutil
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

Findings = Callable[[Page], list[str]]
VERSION = "4.14.1"
# `npm view axe-core@4.14.1 dist.integrity`
SHA512 = "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="
BUILD = Path(__file__).parents[2] / "build"
ARCHIVE = BUILD / f"axe-core-{VERSION}.tgz"
_SERIOUS = ("serious", "critical")
_RUN = "async () => (await axe.run(document, {resultTypes: ['violations']})).violations"


def source() -> str | None:
    """The script that a page is searched with; None where it was not fetched or is not the one of the hash."""
    if not ARCHIVE.exists() or base64.b64encode(hashlib.sha512(ARCHIVE.read_bytes()).digest()).decode() != SHA512:
        return None
    with tarfile.open(ARCHIVE) as archive:
        script = archive.extractfile("package/axe.min.js")
        assert script, "axe-core's archive holds its script"
        return script.read().decode()


def findings(page: Page, script: str) -> list[str]:
    """What is serious or critical on the page as it stands: rule, meaning and place, one line each."""
    # Evaluated by the debugger, not by the page: its policy needs no exception.
    page.evaluate(script)
    return [
        f"{found['id']} ({found['impact']}): {found['help']}: {node['target'][0]}"
        for found in page.evaluate(_RUN)
        if found["impact"] in _SERIOUS
        for node in found["nodes"]
    ]


def fetch() -> str:
    """Bring the archive from the npm registry; a sentence for whoever runs the tests, empty when all is well."""
    if source():
        return ""
    npm = shutil.which("npm")
    if npm is None:
        return "npm was not found on the PATH"
    BUILD.mkdir(exist_ok=True)
    asked = [npm, "pack", "--silent", "--pack-destination", str(BUILD), f"axe-core@{VERSION}"]
    try:
        fetched = subprocess.run(asked, cwd=BUILD, stdout=subprocess.DEVNULL, timeout=120, check=False).returncode == 0
    except subprocess.TimeoutExpired:
        fetched = False
    if not fetched:
        return "the npm registry does not answer from here"
    return "" if source() else "what the npm registry gave is not the file of the hash in tests/support/axe.py"


if __name__ == "__main__":
    if problem := fetch():
        print(f"test: axe-core {VERSION} could not be fetched: {problem}.")  # noqa: T201
        print("test: the tests that need it are skipped (with CI=true they fail).")  # noqa: T201
