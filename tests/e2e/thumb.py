"""A visitor's thumb: it taps what it reads, and what it did is counted."""

from playwright.sync_api import Locator, Page, expect

WORDS = {
    "ja": {
        "party": "人数", "name": "お名前", "email": "メールアドレス", "book": "予約する", "basket": "予約リストに入れる",
        "change_party": "人数を変更する", "change": "変更", "cancel": "この予約をキャンセル", "number": "受付で伝える番号",
        "mine": "ご予約内容", "cancelled": "キャンセル済み", "all_cancelled": "この予約はキャンセルされました", "free": "残り{}",
    },
    "en": {
        "party": "Number of people", "name": "Your name", "email": "E-mail", "book": "Book", "basket": "Add to my basket",
        "change_party": "Change the number of people", "change": "Change", "cancel": "Cancel this reservation",
        "number": "Number to say at the gate", "mine": "Your reservation", "cancelled": "Cancelled",
        "all_cancelled": "This reservation has been cancelled",
    },
}  # fmt: skip


class Thumb:
    """One visitor on one page, in one language."""

    def __init__(self, page: Page, language: str) -> None:
        self.page, self.words = page, WORDS[language]
        self.taps = self.typed = 0

    def tap(self, target: Locator) -> None:
        """Tap something that is on the page; what follows is waited for by whoever looks next."""
        self.taps += 1
        target.tap()

    def type(self, label: str, text: str) -> None:
        self.typed += 1
        self.page.get_by_label(self.words[label]).and_(self.page.locator("#booking input")).fill(text)

    def fill_in_and_book(self, *, party: str, name: str, email: str) -> None:
        """The three fields and the tick. With script the bar at the bottom leads to the form first, without it sends."""
        self.type("party", party)
        self.type("name", name)
        self.type("email", email)
        self.tap(self.page.locator("#booking input[name=consent]"))
        self.tap(self.page.locator(".book-bar button"))
        expect(self.page.locator(".booking-number")).to_be_visible()

    def reduce_party(self, reservation: Locator, to: str) -> None:
        self.tap(reservation.get_by_text(self.words["change_party"]))
        reservation.locator("input[name=party_size]").fill(to)
        self.tap(reservation.get_by_role("button", name=self.words["change"], exact=True))

    def cancel(self, reservation: Locator) -> None:
        """The second step asks once more; both work without script."""
        self.tap(reservation.locator("summary").get_by_text(self.words["cancel"]))
        self.tap(reservation.get_by_role("button", name=self.words["cancel"]))
