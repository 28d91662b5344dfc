"""Passwords: long instead of complicated, never cut, nothing that everybody tries first."""

import pytest

from eventapp.db import transaction
from eventapp.i18n import use_language
from eventapp.people import passwords
from eventapp.people.passwords import PasswordRefused

pytestmark = pytest.mark.usefixtures("app")
LONG = "".join(f"{number} lathes, " for number in range(100))[: passwords.LONGEST]


def refusal(password: str, *, with_code: bool = False, about: tuple[str, ...] = ()) -> str:
    with use_language("en"), pytest.raises(PasswordRefused) as refused:
        passwords.check_new(password, with_code=with_code, about=about)
    return str(refused.value)


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "機械油のにおいがする朝が好きです。",
        "            t r e  d",
        "ZZ9 plural alpha",
        "🦊🐻🦁🐯🐨🐼🐸🐵🐔🐧🐦🐤🦆🦅🦉",
        "x" * 100 + "やすり" * 52,
    ],
)
def test_check_new_accepts_whatever_is_long_enough(password):
    passwords.check_new(password, with_code=False)


def test_check_new_counts_characters_not_bytes():
    assert "15" in refusal("旋盤の音は朝の音だよね。。")
    passwords.check_new("旋盤の音は朝の音だよね。。", with_code=True)
    assert "8" in refusal("k7!pQ2z", with_code=True)


def test_check_new_refuses_more_than_it_would_keep():
    passwords.check_new(LONG, with_code=False)
    assert "256" in refusal(LONG + "d")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("passwordpassword", "password"),
        ("P@ssw0rdP@ssw0rd", "password"),
        ("openfactory2026!!", "openfactory"),
        ("Welcome-to-Kouba", None),
        ("summer festival factory 2026", "festival"),
        ("工場見学オープンファクトリー予約", "工場見学"),
        ("aaaaaaaaaaaaaaaa", "repeats"),
        ("abc1abc1abc1abc1", "repeats"),
        ("----------------", "repeats"),
        ("1234567890123456", "row"),
        ("9876543210987654", "row"),
        ("qwertyuiopasdfghjkl", "row"),
    ],
)
def test_check_new_says_why_a_guess_is_refused(password, reason):
    if reason is None:  # one word of its own is enough
        passwords.check_new(password, with_code=False)
    else:
        assert reason in refusal(password)


def test_check_new_counts_name_and_address_as_guessed():
    assert "keikosato" in refusal("keikosato keikosato 12", about=("Sato Keiko", "keikosato@example.jp"))


def test_fits_takes_the_same_keys_from_every_device():
    kept = passwords.hashed("ｶﾌﾞｼｷ　旋盤 ２０２６")

    assert passwords.fits(kept, "カブシキ 旋盤 2026")
    assert not passwords.fits(kept, "カブシキ 旋盤 2027")
    assert kept.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_fits_refuses_everything_for_nobody():
    assert not passwords.fits(None, "the password of nobody at all")


def test_a_long_password_is_not_cut():
    kept = passwords.hashed(LONG)

    assert not passwords.fits(kept, LONG[:-1])


def test_hashing_keeps_nobody_waiting():
    with pytest.raises(RuntimeError), transaction():
        passwords.hashed("inside of a transaction")
