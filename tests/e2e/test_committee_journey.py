"""The committee's whole path, at a desk and in Japanese: from the operator's first command to the published festival."""

import re
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import expect

from tests.e2e.conftest import DESK
from tests.e2e.desk import Clerk

pytestmark = pytest.mark.e2e


@pytest.fixture
def run(app: Flask, served: str) -> Callable[..., str]:
    """`run("create-festival", ...)`: the words that were printed. The links in them lead to the server of this test."""

    def command(*words: str) -> str:
        result = app.test_cli_runner().invoke(args=list(words))
        assert result.exit_code == 0, result.output
        return result.output

    return command


@pytest.fixture
def committee(run: Callable[..., str], open_page: Any) -> Clerk:
    """Keiko, who followed the link that the operator's second command printed."""
    assert "/ota/" in run(
        "create-festival", "ota", "--name", "おおたの町工場まつり", "--name-en", "Ota Works Festival"
    )
    link = run("invite-owner", "ota", "keiko@example.jp").strip()
    keiko = Clerk(open_page(link, size=DESK))
    keiko.fill(name="圭子")
    keiko.press("はじめる")
    return keiko


def test_from_the_first_command_to_the_published_festival(committee: Clerk, open_page: Any) -> None:
    make_the_edition(committee)
    write_the_settings(committee)
    add_a_venue_and_a_toilet(committee)
    add_a_factory_with_its_booth(committee)
    give_it_a_tour(committee)
    write_a_notice(committee)
    publish(committee)

    home = open_page("/ota/", language="ja")
    expect(home).to_have_url(re.compile("/ota/2026/$"))
    main = home.locator("main")
    for words in (
        "おおたの町工場まつり",
        "11月28日(土)",
        "音のする町へ。",
        "受付開始のお知らせ",
        "旋盤の見学",
    ):
        expect(main).to_contain_text(words)
    home.locator(".slots-next a").first.tap()
    expect(home.locator("main")).to_contain_text("残り8席")
    home.goto("/ota/2026/?lang=en")
    expect(home.locator("h1")).to_have_text("Ota Works Festival")


def make_the_edition(committee: Clerk) -> None:
    expect(committee.page.locator("h1")).to_contain_text("おおたの町工場まつり")
    committee.fill(name__ja="2026 秋", name__en="Autumn 2026", days="11/28-29", slug="2026")
    committee.choose("style", "mixed")
    committee.press("開催を作成")
    expect(committee.page).to_have_url(re.compile("/manage/ota/2026/"))


def write_the_settings(committee: Clerk) -> None:
    committee.open("開催設定")
    committee.fill(tagline__ja="音のする町へ。", tagline__en="Come and listen.", rules__ja="動きやすい靴でお越しください。",
                   contact_email="office@example.jp", booking_opens_at="2026-09-30T10:00:00", point="35.5614, 139.7161")  # fmt: skip
    expect(committee.page.locator("[name='privacy-ja']")).to_have_value(re.compile("個人情報"))
    committee.press("保存")
    committee.is_told("保存しました")


def add_a_venue_and_a_toilet(committee: Clerk) -> None:
    committee.open("会場とスポット")
    committee.follow("会場を追加")
    committee.fill(name__ja="産業会館", booths="A-1..A-12", point="35.5614, 139.7161")
    committee.press("保存")
    expect(committee.page.locator("main")).to_contain_text("A-1")
    committee.follow("トイレ")  # each kind of place has its button while there is none yet
    committee.fill(name__ja="会館1階のトイレ", point="35.5615, 139.7162")
    committee.press("保存")
    expect(committee.page.locator("main")).to_contain_text("会館1階のトイレ")


def add_a_factory_with_its_booth(committee: Clerk) -> None:
    committee.open("参加企業")
    committee.follow("参加企業を追加")
    committee.fill(name__ja="山田製作所", name__en="Yamada Works", kana="やまだせいさくしょ")
    committee.press("参加企業を追加")
    committee.is_told("山田製作所")
    committee.press("参加を承認")
    committee.page.locator("[name=booth]").select_option("産業会館 A-3")
    committee.page.locator("#booth-form").get_by_role("button").click()
    committee.is_told("保存しました")


def give_it_a_tour(committee: Clerk) -> None:
    """As the factory would, on its own desk, which is open to the committee."""
    committee.follow("この企業の管理画面を開く")
    committee.open("プログラム")
    committee.offer_a_tour(
        "2026-11-28", "2026-11-29", title="旋盤の見学", title_en="A look at the lathes", slots=10
    )


def write_a_notice(committee: Clerk) -> None:
    committee.page.goto("/manage/ota/2026/")
    committee.open("お知らせ")
    committee.follow("お知らせを書く")
    committee.fill(title__ja="受付開始のお知らせ", body__ja="9月30日から予約できます。")
    committee.press("公開する")
    expect(committee.page.locator("main")).to_contain_text("受付開始のお知らせ")


def publish(committee: Clerk) -> None:
    """Looked at first, asked once more, then everybody sees it."""
    committee.open("概要")
    committee.follow("プレビュー")
    expect(committee.page.locator("h1")).to_have_text("おおたの町工場まつり")
    committee.page.goto("/manage/ota/2026/")
    committee.publish_the_edition()
