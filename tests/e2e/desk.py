"""Somebody at a desk: opens pages by the menu, fills in forms, presses what they read."""

from playwright.sync_api import Page, expect


class Clerk:
    """A member of the committee, in Japanese, with a keyboard."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def open(self, words: str) -> None:
        """By the menu at the left."""
        self.page.locator(".side-nav").get_by_role("link", name=words).click()

    def follow(self, words: str) -> None:
        self.page.locator("main").get_by_role("link", name=words).first.click()

    def press(self, words: str) -> None:
        self.page.get_by_role("button", name=words, exact=True).click()

    def fill(self, **values: str) -> None:
        """By the names of the fields, two underscores for the part in a language."""
        for name, value in values.items():
            self.page.locator(f"main [name='{name.replace('__', '-')}']").fill(value)

    def choose(self, name: str, *values: str) -> None:
        for value in values:
            self.page.locator(f"main [name='{name}'][value='{value}']").check()

    def is_told(self, words: str) -> None:
        expect(self.page.locator(".flashes")).to_contain_text(words)

    def offer_a_tour(self, *days: str, title: str, title_en: str, slots: int) -> None:
        """From the list of a factory's programmes: a new one of 45 minutes, eight places, ten to four without the lunch hour."""
        self.follow("プログラムを追加")
        self.fill(title__ja=title, title__en=title_en, duration_minutes="45")
        self.press("下書き保存")
        self.follow("日時からまとめて予約枠を作る")
        self.choose("days", *days)
        self.fill(
            first="10:00", until="16:00", every="60", pause_from="12:00", pause_to="13:00", capacity="8"
        )
        self.press("作られる枠を確認")
        expect(self.page.locator(".plan-slot.choice")).to_have_count(slots)
        self.press("この予約枠を作る")
        self.is_told(str(slots))
        self.follow("公開へ進む")
        self.press("公開する")
        expect(self.page.locator(".programme-state")).to_contain_text("公開中")

    def publish_the_edition(self) -> None:
        """Asked once more, then everybody sees it."""
        state = self.page.locator("#state")
        state.locator("summary", has_text="公開する").click()
        state.get_by_role("button", name="公開する").click()
        expect(self.page.locator("#state")).to_contain_text("公開ページを見る")
