"""The benchmark data that is not part of the product: used where it lies beside the repository, never needed."""

import warnings
from pathlib import Path

HOME = Path(__file__).resolve().parents[2].parent / "shared" / "data"


class SharedDataAbsent(UserWarning):
    """A test ran on made-up cases only."""


def find_shared(*names: str) -> list[Path]:
    """The named files of the shared data folder. Without it: none, and a loud word in the summary of the run."""
    if not HOME.is_dir():
        warnings.warn(
            "../shared/data IS NOT THERE: checked on made-up cases only, not on the benchmark data",
            SharedDataAbsent,
            stacklevel=2,
        )
        return []
    return [HOME / name for name in names]
