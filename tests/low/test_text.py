"""What people type, cleaned, folded and read."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from eventapp import text

ANY_TEXT = st.text(st.characters(categories=["L", "M", "N", "P", "S", "Z", "C"]))
KANA = st.text(
    st.characters(min_codepoint=0x3040, max_codepoint=0x30FF)
    | st.characters(min_codepoint=0xFF60, max_codepoint=0xFF9F)
)


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("か\u3099", "が"),
        ("one\r\ntwo\rthree\u2028four\x85five", "one\ntwo\nthree\nfour\nfive"),
        ("a\tb\x07c\x1b[31m", "a\tbc[31m"),
        ("\u202eevil\u2066x\u200f", "evilx"),
        ("\ufeff大田", "大田"),
        ("👨\u200d👩\u200d👧", "👨\u200d👩\u200d👧"),
        ("葛\U000e0101飾", "葛\U000e0101飾"),
        ("髙﨑①〜", "髙﨑①〜"),
    ],
)
def test_clean_keeps_what_was_typed_without_controls(typed, stored):
    assert text.clean(typed) == stored


@pytest.mark.parametrize("typed", ["a\x00b", "\ud83d", "\udc00x", "\ufdd0", "\uffff", "\U0010fffe"])
def test_clean_refuses_what_cannot_be_stored(typed):
    with pytest.raises(text.TextRefused):
        text.clean(typed)


def test_clean_line_has_one_line():
    assert text.clean_line("  北嶋\n\t絞　製作所 ") == "北嶋 絞 製作所"


def test_clean_shortens_endless_marks():
    assert len(text.clean("e" + "\u0316\u0301" * 50_000)) < 40


@given(ANY_TEXT)
def test_clean_twice_is_clean_once_and_encodes(typed):
    try:
        once = text.clean(typed)
    except text.TextRefused:
        return
    assert text.clean(once) == once
    assert once.encode("utf-8").decode("utf-8") == once
    assert not [it for it in once if unicodedata.category(it) == "Cc" and it not in "\n\t"]


@pytest.mark.parametrize(
    "spellings",
    [
        ["ﾈｼﾞ", "ネジ", "ねじ", "ネシ゛", "ネシ\u3099"],
        ["press", "PRESS", "ＰＲＥＳＳ", "Press\u200b"],
        ["髙﨑", "高崎"],
        ["渡邊", "渡邉", "渡辺"],
        ["齋藤", "齊藤", "斉藤", "斎藤"],
        ["鐵工所", "鉄工所"],
        ["コンピューター", "コンピュータ", "ｺﾝﾋﾟｭｰﾀｰ", "こんぴゅーた"],
        ["富士フイルム", "富士フィルム", "冨士フィルム"],
        ["鶴ヶ島", "鶴ケ島", "鶴ヵ島".replace("ヵ", "ヶ")],
        ["Café Müller", "cafe  muller"],
        ["葛\U000e0101飾", "葛飾"],
        ["㈱北嶋", "(株)北嶋"],
    ],
)
def test_search_key_is_the_same_for_what_reads_the_same(spellings):
    assert len({text.search_key(spelling) for spelling in spellings}) == 1


def test_search_key_keeps_two_character_words_and_joins_parts():
    assert "旋盤" in text.search_key("旋盤・フライス", None, "精密")
    assert text.search_key("A  b", "", "Ｃ") == "a b c"
    assert text.search_key("A-1") == "a-1"


@given(ANY_TEXT | KANA)
def test_search_key_of_a_key_is_the_key(typed):
    key = text.search_key(typed)
    assert text.search_key(key) == key
    assert "\x00" not in key.encode("utf-8").decode("utf-8")


def test_search_key_of_something_huge_is_short():
    assert len(text.search_key("あ" * 1_000_000)) <= text.LONGEST_KEY


def test_search_terms_are_folded_words():
    assert text.search_terms("　ﾈｼﾞ  Press ねじ ー") == ["ねじ", "press", "ー"]
    assert text.search_terms(" \n ") == []
    assert len(text.search_terms(" ".join(str(number) for number in range(99)))) == text.MOST_TERMS


@pytest.mark.parametrize(
    ("typed", "number"),
    [("12", 12), ("１２", 12), ("　－３ ", -3), ("1,000", 1000), ("+0007", 7), ("0" * 40, 0)],
)
def test_parse_int_reads_what_people_type(typed, number):
    assert text.parse_int(typed, -10, 1000) == number


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "1.5",
        "1e9",
        "0x10",
        "1001",
        "-11",
        "9" * 30,
        "9" * 5000,
        "1,00",
        "１2３,4",
        "٣",
        "²",
        "①",
        "1_0",
        "--1",
    ],
)
def test_parse_int_refuses_the_rest(typed):
    with pytest.raises(ValueError, match="number"):
        text.parse_int(typed, -10, 1000)


@given(st.integers(-(10**17), 10**17))
def test_parse_int_reads_every_number_in_full_width(number):
    typed = str(number).translate(str.maketrans("0123456789-", "０１２３４５６７８９－"))
    assert text.parse_int(typed, -(10**18), 10**18) == number


@pytest.mark.parametrize(
    ("typed", "address", "key"),
    [
        (" Hana@Example.JP ", "Hana@Example.JP", "hana@example.jp"),
        ("ｈａｎａ＠ｅｘａｍｐｌｅ．ｊｐ", "hana@example.jp", "hana@example.jp"),
        ("a.b+c@example.com", "a.b+c@example.com", "a.b+c@example.com"),
        ("a..b@docomo.ne.jp", "a..b@docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("a.@ezweb.ne.jp", "a.@ezweb.ne.jp", "a.@ezweb.ne.jp"),
        ('"A..b"@Docomo.ne.jp', "A..b@Docomo.ne.jp", "a..b@docomo.ne.jp"),
        ("x..y.@t.vodafone.ne.jp", "x..y.@t.vodafone.ne.jp", "x..y.@t.vodafone.ne.jp"),
        ("mail@日本語.jp", "mail@xn--wgv71a119e.jp", "mail@xn--wgv71a119e.jp"),
    ],
)
def test_addresses_are_accepted_and_recognised(typed, address, key):
    assert text.check_email(typed) == address
    assert text.email_key(typed) == key


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "@",
        "hana",
        "hana@",
        "@example.jp",
        "a@b@example.jp",
        "a..b@example.jp",
        "a.@example.jp",
        "a b@example.jp",
        "a@example.jp\nBcc: x@example.jp",
        "はな@example.jp",
        "a@-.jp",
        "a@localhost",
        "a\x00@example.jp",
        "\ud800@example.jp",
        "..@docomo.ne.jp",
        "a@notdocomo.ne.jp.",
        "a..b@notdocomo.ne.jp",
        "x" * 70 + "@docomo.ne.jp",
        "a@" + "b" * 300 + ".jp",
        "a@exa mple.jp",
        "<a@example.jp>",
        "a@[127.0.0.1]",
        'a"b..c@docomo.ne.jp',
    ],
)
def test_what_is_no_address_is_refused(typed):
    with pytest.raises(ValueError, match="not an e-mail address"):
        text.check_email(typed)


def test_email_key_wants_a_mailbox_and_a_domain():
    with pytest.raises(ValueError, match="not an e-mail address"):
        text.email_key("hana")


@given(ANY_TEXT)
def test_check_email_answers_every_text(typed):
    try:
        address = text.check_email(typed)
    except ValueError:
        return
    assert text.email_key(address) == text.email_key(typed)
    assert "\n" not in address and "\r" not in address


@pytest.mark.parametrize(
    ("typed", "key"),
    [
        ("03-1234-5678", "0312345678"),
        ("０３（１２３４）５６７８", "0312345678"),
        ("+81 3-1234-5678", "0312345678"),
        ("+81 (0)3 1234 5678", "0312345678"),
        ("＋８１９０１２３４５６７８", "09012345678"),
        ("0081 90 1234 5678", "09012345678"),
        ("81-3", "813"),
        ("+1 212 555 0100", "12125550100"),
        ("", ""),
        ("٣٣", ""),
    ],
)
def test_phone_key_is_the_digits(typed, key):
    assert text.phone_key(typed) == key


@pytest.mark.parametrize(("typed", "shown"), [
    ("０９０ー１２３４−５６７８", "090-1234-5678"), ("+81 (0)90　1234 5678", "+81 (0)90 1234 5678"), ("", ""),
])  # fmt: skip
def test_a_telephone_number_is_kept_in_plain_digits(typed, shown):
    assert text.tidy_phone(typed) == shown
