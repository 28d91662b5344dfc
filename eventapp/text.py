"""What people type: made safe to store, folded to be found again, read as numbers, addresses and telephones.

Stored text stays as it was typed (NFC, without controls). Keys are for comparing and searching only and are
never shown: two texts that a reader takes for the same have the same key.
"""

import re
import unicodedata

import idna
from email_validator import EmailNotValidError, validate_email

LONGEST_KEY = 20_000
LONGEST_QUERY = 200
MOST_TERMS = 8
MOST_MARKS = (
    30  # in a row, as in Unicode's Stream-Safe Text Format; normalising longer runs takes quadratic time
)
MOST_DIGITS = 18  # always fits a 64-bit column
LONGEST_ADDRESS = 254


class TextRefused(ValueError):
    """The text holds characters that no database and no page can carry: NUL, half a surrogate pair, a
    noncharacter.
    """


def clean(text: str) -> str:
    """The text as it may be stored: NFC, one kind of line end, no controls except line feed and tab.

    Marks that reverse the reading direction are removed too: they would let one name look like another.
    Raises TextRefused where leaving characters out would change what was meant.
    """
    if _NOT_TEXT.search(text):
        raise TextRefused("The text holds characters that cannot be stored.")
    text = _LINE_ENDS.sub("\n", text)
    text = _limit_marks(_CONTROLS.sub("", text))
    return unicodedata.normalize("NFC", text)


def clean_line(text: str) -> str:
    """`clean` for a single line: every run of white space, line ends included, becomes one space."""
    return " ".join(clean(text).split())


_NONCHARACTERS = "".join(
    f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0, 0x110000, 0x10000)
)
_NOT_TEXT = re.compile(f"[\x00\ud800-\udfff\ufdd0-\ufdef{_NONCHARACTERS}]")
_LINE_ENDS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def _limit_marks(text: str) -> str:
    """Leave out the combining marks after the thirtieth in a row."""
    if text.isascii():
        return text
    kept, run = [], 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= MOST_MARKS:
            kept.append(character)
    return "".join(kept)


# Searching


def search_key(*parts: object) -> str:
    """One key for texts that are the same to a reader: ﾈｼﾞ, ネジ and ねじ; ＰＲＥＳＳ and press; 髙 and 高.

    Width, case, kana and small kana, long vowels, Latin accents and older kanji forms are folded, white space
    is squeezed. Folding a key again changes nothing.
    """
    key = " ".join(str(part) for part in parts if part)[:LONGEST_KEY]
    for _round in range(4):  # what one step removes can let the next one compose
        folded = _fold(key)
        if folded == key:
            break
        key = folded
    return key


def search_terms(query: str) -> list[str]:
    """The words of a query, each folded like a key: a row is found when its key contains them all."""
    words = search_key(query[:LONGEST_QUERY]).split()
    return list(dict.fromkeys(words))[:MOST_TERMS]


def _fold(text: str) -> str:
    text = text.translate(_VOICED_MARKS)  # before NFKC, which would part ネシ゛ by a space
    text = unicodedata.normalize("NFKC", _limit_marks(text)).casefold()
    text = "".join(_fold_character(character) for character in text)
    text = unicodedata.normalize("NFD", text)
    text = unicodedata.normalize("NFC", _ACCENTS.sub("", text)).translate(_FOLDED)
    return " ".join(_LONG_VOWELS.sub("", text).split())


def _fold_character(character: str) -> str:
    category = unicodedata.category(character)
    if category in ("Zs", "Zl", "Zp", "Cc"):
        return " "
    return "" if category in ("Cf", "Cs") or _VARIATIONS.match(character) else character


_VOICED_MARKS = str.maketrans({"゛": "\u3099", "゜": "\u309a"})
_ACCENTS = re.compile("[\u0300-\u036f]")
_VARIATIONS = re.compile("[\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_LONG_VOWELS = re.compile("(?<=[ぁ-ゟ])[ー~〜\\-‐‑‒–—―−]+")
_KATAKANA = {chr(code): chr(code - 0x60) for code in (*range(0x30A1, 0x30F7), 0x30FD, 0x30FE)}
_SMALL_KANA = dict(zip("ぁぃぅぇぉっゃゅょゎゕゖ", "あいうえおつやゆよわかけ", strict=True))
_OLDER_KANJI = {
    **dict(zip("髙﨑嵜邊邉齋齊斉濱濵澤廣國櫻眞龍瀧嶋", "高崎崎辺辺斎斎斎浜浜沢広国桜真竜滝島", strict=True)),
    **dict(zip("嶌槇靜惠榮藏德淺條學圓與實壽縣兒增寬", "島槙静恵栄蔵徳浅条学円与実寿県児増寛", strict=True)),
    **dict(zip("鐵鉃𠮷圡冨峯舘莊萬栁檜礦鑛會關變發賣", "鉄鉄吉土富峰館荘万柳桧鉱鉱会関変発売", strict=True)),
    **dict(zip("讀鹽佛繩纖絲螢鑄燒爐鍊齒罐彌彥祿禮穗", "読塩仏縄繊糸蛍鋳焼炉錬歯缶弥彦禄礼穂", strict=True)),
    **dict(zip("豐遙黑堯曾瀨桒渕渊凜翆體應擴處顯藝轉", "豊遥黒尭曽瀬桑淵淵凛翠体応拡処顕芸転", strict=True)),
    **dict(zip("鬪壓繪聲鷄澁驛劍寶單鷗", "闘圧絵声鶏渋駅剣宝単鴎", strict=True)),
}
_FOLDED = str.maketrans(
    {katakana: _SMALL_KANA.get(hiragana, hiragana) for katakana, hiragana in _KATAKANA.items()}
    | _SMALL_KANA
    | _OLDER_KANJI
)


# Numbers


def parse_int(text: str, lowest: int, highest: int) -> int:
    """A whole number as people type it: full-width digits, spaces around, 1,000. Raises ValueError outside
    the bounds.

    The length is checked before anything is computed, so that a thousand digits cost nothing.
    """
    if len(text) > 4 * MOST_DIGITS:
        raise ValueError("The number is too long.")
    plain = text.translate(_FULL_WIDTH).strip()
    if not _WHOLE_NUMBER.fullmatch(plain):
        raise ValueError("This is not a whole number.")
    digits = plain.replace(",", "")
    if len(digits.lstrip("+-").lstrip("0")) > MOST_DIGITS or not lowest <= int(digits) <= highest:
        raise ValueError(f"The number must be between {lowest} and {highest}.")
    return int(digits)


_FULL_WIDTH = str.maketrans("０１２３４５６７８９＋－−，\u3000", "0123456789+--, ")
_WHOLE_NUMBER = re.compile(r"[+-]?(?:[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+)")


# E-mail addresses and telephones


def check_email(address: str) -> str:
    """The address mail can be sent to: as typed, but with plain ASCII characters and domain. Raises
    ValueError.

    Old mailboxes of Japanese carriers (`a..b@docomo.ne.jp`, `a.@ezweb.ne.jp`) break RFC 5321 and are alive;
    they are accepted here, and `email.headerregistry.Address(username=..., domain=...)` quotes them for
    sending.
    """
    local, domain = _split_address(address)
    carrier = _is_carrier(domain.lower())
    if carrier and not _CARRIER_MAILBOX.fullmatch(local):
        raise ValueError("This is not an e-mail address.")
    checked = re.sub(r"\.+", ".", local).strip(".") if carrier else local
    try:
        validate_email(f"{checked}@{domain}", check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        raise ValueError("This is not an e-mail address.") from error
    if len(local) + 1 + len(domain) > LONGEST_ADDRESS:
        raise ValueError("This is not an e-mail address.")
    return f"{local}@{domain}"


def email_key(address: str) -> str:
    """By what an address is recognised: NFKC, trimmed, lower case, ASCII domain. Dots and plus signs are
    kept.

    Raises ValueError where there is no mailbox and domain.
    """
    local, domain = _split_address(address)
    return unicodedata.normalize("NFKC", f"{local}@{domain}".lower())


def _split_address(address: str) -> tuple[str, str]:
    """Mailbox (without quotes) and ASCII domain."""
    if len(address) > 2 * LONGEST_ADDRESS or _NOT_TEXT.search(address):
        raise ValueError("This is not an e-mail address.")
    local, at, domain = unicodedata.normalize("NFKC", address).strip().rpartition("@")
    if len(local) > 2 and local[0] == local[-1] == '"':
        local = local[1:-1]
    if not local or not at or not domain:
        raise ValueError("This is not an e-mail address.")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError("This is not an e-mail address.") from error
    return local, domain


def _is_carrier(domain: str) -> bool:
    return domain.endswith(_CARRIERS) and (
        domain in _CARRIERS or domain.endswith(tuple("." + it for it in _CARRIERS))
    )


_CARRIER_MAILBOX = re.compile(r"[A-Za-z0-9_+/?-][A-Za-z0-9._+/?-]{0,63}")
_CARRIERS = (
    *(
        "docomo.ne.jp",
        "ezweb.ne.jp",
        "au.com",
        "softbank.ne.jp",
        "i.softbank.jp",
        "vodafone.ne.jp",
        "disney.ne.jp",
    ),
    *(
        "ymobile.ne.jp",
        "ymobile1.ne.jp",
        "y-mobile.ne.jp",
        "emnet.ne.jp",
        "pdx.ne.jp",
        "willcom.com",
        "uqmobile.jp",
    ),
)


_DASHES = str.maketrans(dict.fromkeys("ー~〜‐‑‒–—―−", "-"))


def tidy_phone(text: str) -> str:
    """A telephone number as one writes it down: plain digits and hyphens, however a Japanese keyboard typed them."""
    return " ".join(unicodedata.normalize("NFKC", text).translate(_DASHES).split())


def phone_key(text: str) -> str:
    """By what a telephone number is recognised: its digits, with Japan's +81 (or 0081, or +81 (0)) as the
    leading 0.
    """
    plain = unicodedata.normalize("NFKC", text[:100]).strip()
    digits = "".join(character for character in plain if character in "0123456789")
    abroad = re.match("00810?", digits) or (plain.lstrip(" (").startswith("+") and re.match("810?", digits))
    return "0" + digits[abroad.end() :] if abroad else digits
