"""One page of a long list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

PER_PAGE = 50
FARTHEST = 1_000_000  # what an address may ask for before it counts as no number
Row = TypeVar("Row")


@dataclass(frozen=True)
class Page(Generic[Row]):
    """Rows with what the pagination macro asks for; pages are counted from 1, and there is always one."""

    rows: list[Row]
    page: int
    pages: int
    total: int

    @property
    def has_prev(self) -> bool:
        return self.page > 1

    @property
    def has_next(self) -> bool:
        return self.page < self.pages

    @property
    def prev_num(self) -> int:
        return self.page - 1

    @property
    def next_num(self) -> int:
        return self.page + 1


@dataclass(frozen=True)
class Cut:
    """Where a page lies in a list of so many rows. A page beyond the last is the last."""

    total: int
    wanted: int = 1
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def page(self) -> int:
        return min(max(1, self.wanted), self.pages)

    @property
    def offset(self) -> int:
        return (self.page - 1) * self.per_page

    def holds(self, rows: list[Row]) -> Page[Row]:
        """The page, once its rows are read."""
        return Page(rows, self.page, self.pages, self.total)
