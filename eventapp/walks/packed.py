"""What is reckoned once and kept in the extracts' folder: packed JSON, written whole or not at all."""

import json
import os
import threading
import zlib
from pathlib import Path
from typing import Any


def read(path: Path) -> Any:
    """What was written; None for a file that is missing or damaged."""
    try:
        return json.loads(zlib.decompress(path.read_bytes()))
    except (OSError, zlib.error, ValueError):
        return None


def write(path: Path, data: object) -> None:
    """Whole or not at all, whoever else writes it at this moment; a full disk only costs time."""
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.{threading.get_ident()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_bytes(zlib.compress(json.dumps(data).encode(), 3))
        unfinished.replace(path)
    except OSError:
        unfinished.unlink(missing_ok=True)
