"""What stands under static/vendor is what was recorded when it was copied from its package."""

import hashlib
import json
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
VENDOR = ROOT / "static" / "vendor"


def read_record() -> list[dict[str, Any]]:
    return json.loads((VENDOR / "vendor.json").read_text(encoding="utf-8"))


def recorded_hashes() -> dict[str, str]:
    return {
        f"{line['folder']}/{place}": digest
        for line in read_record()
        for place, digest in line["sha256"].items()
    }


def test_vendored_files_are_the_recorded_ones_and_no_others():
    found = {
        path.relative_to(VENDOR).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in VENDOR.rglob("*")
        if path.is_file() and path.name != "vendor.json"
    }

    assert found == recorded_hashes()


def test_vendored_versions_are_those_of_package_json():
    wanted = json.loads((ROOT / "package.json").read_text(encoding="utf-8"))["dependencies"]

    assert {line["package"]: line["version"] for line in read_record()} == wanted


def test_vendored_packages_bring_their_licence():
    licences = {
        line["folder"]: (VENDOR / line["folder"] / "LICENSE").read_text("utf-8") for line in read_record()
    }

    assert all(
        "copyright" in text.lower() or "permission to use" in text.lower() for text in licences.values()
    )


def test_vendored_stylesheets_ask_no_foreign_host():
    stylesheets = [path.read_text(encoding="utf-8") for path in VENDOR.rglob("*.css")]

    assert stylesheets
    assert not [text for text in stylesheets if "@import" in text or "url(http" in text or "url(//" in text]
