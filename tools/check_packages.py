"""Check the locked packages: nothing under the GPL at run time, both locks of one mind, no host written into them.

LGPL is allowed (psycopg, pygal): they are used as libraries, unchanged. Reads the metadata of what is installed.
"""

import re
import sys
from importlib.metadata import PackageMetadata, PackageNotFoundError, metadata
from pathlib import Path

PIN = re.compile(r"^([a-z0-9][a-z0-9._-]*)(?:\[[^\]]*\])?==(\S+)", re.MULTILINE | re.IGNORECASE)
GPL = re.compile(r"general public license|affero|\bA?GPL", re.IGNORECASE)
LGPL = re.compile(r"LGPL|lesser general public license", re.IGNORECASE)
HOST = re.compile(r'://|"resolved"|^--(extra-)?index-url|^--find-links|^--trusted-host', re.MULTILINE)
PERMISSIVE = re.compile(r"\b(MIT|BSD|Apache|Artistic|PSF|ISC|MPL)\b", re.IGNORECASE)


def pins(lock: Path) -> dict[str, str]:
    """Name and version of every package in a lock."""
    return {name.lower(): version for name, version in PIN.findall(lock.read_text(encoding="utf-8"))}


def licence(package: PackageMetadata) -> str:
    """What the package says of its own licence, in one line: the field may hold the licence's whole text."""
    written = (package["License"] or "").splitlines()[:1]
    classifiers = [c for c in package.get_all("Classifier") or [] if c.startswith("License ::")]
    return "; ".join(filter(None, [package["License-Expression"], *written, *classifiers]))


def is_gpl(licence: str) -> bool:
    """Whether the GPL or AGPL is the only choice."""
    return bool(GPL.search(LGPL.sub("", licence))) and not PERMISSIVE.search(licence)


def find_gpl(lock: Path) -> list[str]:
    """Packages of a lock that may not be in it; one that another platform alone needs is not installed and not asked."""
    found = []
    for name in pins(lock):
        try:
            text = licence(metadata(name))
        except PackageNotFoundError:
            continue
        if is_gpl(text):
            found.append(f"{lock}: {name} is under {text}")
    return found


def find_differences(runtime: Path, development: Path) -> list[str]:
    """Packages that tests would use in another version than the product; `make lock` puts that right."""
    tested = pins(development)
    return [
        f"{name} is {version} in {runtime} but {tested.get(name, 'missing')} in {development}"
        for name, version in pins(runtime).items()
        if tested.get(name) != version
    ]


def names_a_host(lock: Path) -> bool:
    """Where packages come from is the business of whoever installs them. (npm notes where authors take donations.)"""
    text = re.sub(r'"url": "[^"]*"', "", lock.read_text(encoding="utf-8"))
    return bool(HOST.search(text))


def main() -> int:
    """Print what is wrong; 1 if anything is."""
    runtime, development = Path("requirements.txt"), Path("requirements-dev.txt")
    problems = find_gpl(runtime) + find_differences(runtime, development)
    problems += [
        f"{lock} names a host"
        for lock in (runtime, development, Path("package-lock.json"))
        if names_a_host(lock)
    ]
    print(*problems or [f"{len(pins(runtime))} packages at run time, none under the GPL"], sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
