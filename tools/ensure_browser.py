"""Bring a Chromium for the browser tests, and print where it is.

Tried in this order: $KOUBA_CHROMIUM, an installed Chromium or Chrome, the one Playwright already has, Debian's package
(as root), Playwright's own download. Each is believed only after it has opened a page. Without any the answer is an
empty line; under CI=true that is a failure.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from playwright.sync_api import Error, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def say(message: str) -> None:
    """Speak on stderr: stdout carries nothing but the answer."""
    print(f"browser: {message}", file=sys.stderr, flush=True)


def works(executable: str) -> bool:
    """Whether a page opens in it. A name alone proves nothing: Ubuntu's chromium-browser only points to a snap."""
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
            opened: bool = browser.new_page().evaluate("document.title === ''")
            browser.close()
    except Error as error:
        say(f"{executable} does not start: {error.message.splitlines()[0]}")
        return False
    return opened


def playwrights_own() -> str:
    """Where Playwright's own Chromium is, or would be."""
    with sync_playwright() as playwright:
        return playwright.chromium.executable_path


def installed() -> Iterator[str]:
    """Every Chromium that is here already, the one asked for first."""
    found = [os.environ.get("KOUBA_CHROMIUM"), *(shutil.which(name) for name in NAMES), playwrights_own()]
    return (path for path in found if path and Path(path).is_file())


def run(*command: str, **environment: str) -> bool:
    """Run a command that may fail, its output on stderr."""
    say(" ".join(command))
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, stdout=sys.stderr, env=os.environ | environment, check=False
    )
    return done.returncode == 0


def apt_install(*packages: str) -> bool:
    """Install Debian packages where that is possible: as root, with apt-get."""
    if os.name != "posix" or os.geteuid() != 0 or not shutil.which("apt-get"):
        return False
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    return run("apt-get", "update", "-q", **quiet) and run(
        "apt-get", "install", "-y", "-q", "--no-install-recommends", *packages, **quiet
    )


def find_browser() -> str | None:
    """The first Chromium that works, brought here if need be."""
    if path := next(filter(works, installed()), None):
        return path
    say("none here yet")
    if apt_install("chromium", "fonts-noto-cjk") and (path := next(filter(works, installed()), None)):
        return path
    if run(sys.executable, "-m", "playwright", "install", "chromium") and works(playwrights_own()):
        return playwrights_own()
    return None


def has_japanese_font() -> bool:
    """Whether fontconfig knows one; where there is no fontconfig (macOS) the system brings its own."""
    if not shutil.which("fc-list"):
        return sys.platform == "darwin"
    listed = subprocess.run(["fc-list", ":lang=ja"], capture_output=True, text=True, check=False)
    return bool(listed.stdout.strip())


def main() -> int:
    """Print the path, or an empty line where there is no browser to be had."""
    path = find_browser()
    if path and not has_japanese_font() and not apt_install("fonts-noto-cjk"):
        say("no Japanese font here: pages are tested, but screenshots show boxes for Japanese letters")
    if path is None:
        say("*** NO CHROMIUM COULD BE BROUGHT: the browser tests cannot run here. ***")
        say("*** Install Chromium or Chrome, or point KOUBA_CHROMIUM at one, and run this again. ***")
    print(path or "")
    return 1 if path is None and os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
