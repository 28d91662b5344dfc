"""Copy what browsers need out of node_modules into static/vendor, and record a hash of every file.

`make vendor` runs it after `npm ci`, which has checked the packages against package-lock.json. The copies are
committed: neither running nor testing Kouba needs npm.
"""

import hashlib
import json
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "node_modules"
TARGET = ROOT / "static" / "vendor"
RECORD = TARGET / "vendor.json"

# package: its files, each with the place it gets below static/vendor/<name>-<version>/. The licence always goes along.
FILES = {
    "@expo-google-fonts/noto-sans-jp": {  # complete Japanese fonts for what is printed; pages use the system's own
        "400Regular/NotoSansJP_400Regular.ttf": "NotoSansJP_400Regular.ttf",
        "700Bold/NotoSansJP_700Bold.ttf": "NotoSansJP_700Bold.ttf",
        "LICENSE": "LICENSE",
        "LICENSE_FONT": "LICENSE-font.txt",
    },
    "bootstrap": {
        "dist/css/bootstrap.min.css": "bootstrap.min.css",
        "LICENSE": "LICENSE",
    },  # what opens is a <details>: no script
    "leaflet": {
        "dist/leaflet.js": "leaflet.js",
        "dist/leaflet.css": "leaflet.css",
        "dist/images/layers.png": "images/layers.png",
        "dist/images/layers-2x.png": "images/layers-2x.png",
        "dist/images/marker-icon.png": "images/marker-icon.png",
        "dist/images/marker-icon-2x.png": "images/marker-icon-2x.png",
        "dist/images/marker-shadow.png": "images/marker-shadow.png",
        "LICENSE": "LICENSE",
    },
    "zxing-wasm": {  # the reader alone; its loader would ask a foreign host for the .wasm, static/js/scanner-worker.js tells it where ours is
        "dist/iife/reader/index.js": "zxing_reader.js",
        "dist/reader/zxing_reader.wasm": "zxing_reader.wasm",
        "LICENSE": "LICENSE",
        "../../tools/licences/zxing-cpp.txt": "LICENSE-zxing-cpp.txt",  # what the .wasm was made of; the package forgets it
    },
}


def folder_name(package: str, version: str) -> str:
    """`@expo-google-fonts/noto-sans-jp` 0.4.3 lives in `noto-sans-jp-0.4.3`."""
    return f"{package.rpartition('/')[2]}-{version}"


def copy_package(package: str) -> dict[str, object]:
    """Copy one package's files and return its line in the record."""
    about = json.loads((SOURCE / package / "package.json").read_text(encoding="utf-8"))
    folder = TARGET / folder_name(package, about["version"])
    hashes = {}
    for source, place in sorted(FILES[package].items(), key=lambda item: item[1]):
        content = (SOURCE / package / source).read_bytes()
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        (folder / place).write_bytes(content)
        hashes[place] = hashlib.sha256(content).hexdigest()
    return {
        "package": package,
        "version": about["version"],
        "licence": about["license"],
        "folder": folder.name,
        "sha256": hashes,
    }


def main() -> None:
    """Make static/vendor anew, so that no file of an older version stays behind."""
    if not SOURCE.is_dir():
        raise SystemExit("node_modules is missing: run `make vendor`, which calls npm first.")
    shutil.rmtree(TARGET, ignore_errors=True)
    record = [copy_package(package) for package in sorted(FILES)]
    RECORD.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")
    for line in record:
        print(f"{line['folder']} ({line['licence']})")


if __name__ == "__main__":
    main()
