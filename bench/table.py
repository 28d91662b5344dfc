"""What was measured, held against what must be and what is aimed at; printed as a table and written as JSON."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True)
class Row:
    """One line of the table. `share` is Kouba's figure by the floor's, or a count; `more_is_better` says which way."""

    what: str
    share: float
    must: float
    aim: float
    more_is_better: bool = True
    unit: str = "x"
    kouba: str = ""
    floor: str = ""
    cpu: str = ""  # ms an operation: Kouba, floor

    @property
    def holds(self) -> bool:
        """Whether what must be is so."""
        return self.share >= self.must if self.more_is_better else self.share <= self.must

    @property
    def verdict(self) -> str:
        """FAIL, ok, or aim where that is reached too."""
        reached = self.share >= self.aim if self.more_is_better else self.share <= self.aim
        return "FAIL" if not self.holds else "aim" if reached else "ok"


HEADS = ("what", "Kouba", "floor", "share", "must", "aim", "CPU ms", "")


def show(rows: list[Row], floors: dict[str, str]) -> None:
    """Print the table, and below it the floors that no row uses."""
    lines = [HEADS, *(_line(row) for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADS))]
    for number, line in enumerate(lines):
        print("  ".join(cell.ljust(width) if column == 0 else cell.rjust(width)
                        for column, (cell, width) in enumerate(zip(line, widths, strict=True))).rstrip())  # fmt: skip
        if number == 0:
            print("-" * (sum(widths) + 2 * (len(widths) - 1)))
    for name, figure in floors.items():
        print(f"{name}: {figure}")


def _line(row: Row) -> tuple[str, ...]:
    sign = ">=" if row.more_is_better else "<="
    return (row.what, row.kouba, row.floor, _figure(row, row.share), f"{sign} {_figure(row, row.must)}", f"{sign} {_figure(row, row.aim)}",
            row.cpu, row.verdict)  # fmt: skip


def _figure(row: Row, value: float) -> str:
    return f"{value:.0f}" if row.unit == "" else f"{value:.2f}{row.unit}"


def write(rows: list[Row], floors: dict[str, str], seconds: float) -> None:
    """Leave everything as JSON where BENCH_JSON says."""
    if target := os.environ.get("BENCH_JSON"):
        found = {
            "rows": [{**asdict(row), "holds": row.holds, "verdict": row.verdict} for row in rows],
            "floors": floors, "seconds": round(seconds, 1), "holds": all(row.holds for row in rows),
            "processors": os.cpu_count(), "load": os.getloadavg(),
        }  # fmt: skip
        Path(target).write_text(json.dumps(found, ensure_ascii=False, indent=2) + "\n")
