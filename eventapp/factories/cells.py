"""What single cells of a committee's sheet mean: days, hours, numbers, yes and no, ages, crafts, as people write them.

Every reader takes the text of a cell that is not blank and gives a value. It raises CellError where nothing can be
made of it; the import shows that beside the row and the column.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any
from urllib.parse import urlsplit

from eventapp import text
from eventapp.factories import hours
from eventapp.factories.hours import Day, HoursError
from eventapp.factories.models import Craft, Degree, Photography
from eventapp.festivals import dates, points
from eventapp.festivals.dates import DateError
from eventapp.festivals.points import PointError
from eventapp.i18n import lazy

BLANKS = frozenset({"", "-", "--", "ー", "―", "—", "–", "−", "‐", "n/a", "na", "#n/a", "未定"})
NONE = frozenset({"なし", "無し", "無", "ない", "none", "no"})
SEPARATORS = re.compile(r"[\n;；]+")

PROBLEMS: dict[str, object] = {
    "no_name": lazy("The name is missing."),
    "too_long": lazy("This text is longer than %(most)s characters."),
    "days": lazy("These days cannot be read: %(value)s. Write them like 2026-11-28, 2026-11-29."),
    "not_a_day": lazy("The festival is not held on %(day)s."),
    "hours": lazy("These hours cannot be read: %(value)s. Write them like 10:00-12:00, 13:00-16:00."),
    "times": lazy("These start times cannot be read: %(value)s. Write them like 10:00, 11:00, 14:00."),
    "number": lazy("This is not a whole number between %(lowest)s and %(highest)s: %(value)s."),
    "point": lazy("This is not a point on the map: %(value)s."),
    "half_a_point": lazy("Latitude and longitude are needed together."),
    "website": lazy("This is not a web address: %(value)s."),
    "phone": lazy("This is not a telephone number: %(value)s."),
    "email": lazy("This is not an e-mail address: %(value)s."),
    "postal_code": lazy("This is not a postal code: %(value)s."),
    "choice": lazy("“%(value)s” is not known here. Possible are: %(known)s."),
}


class CellError(Exception):
    """Nothing can be made of this cell: a code of PROBLEMS and what its sentence names."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code)
        self.code = code
        self.values = {key: shorten(str(value)) for key, value in values.items()}


def shorten(words: str, most: int = 60) -> str:
    """As much of a text as fits into a sentence or a cell of a list."""
    flat = " ".join(words.split())
    return flat if len(flat) <= most else flat[: most - 1] + "…"


def is_blank(cell: str) -> bool:
    """Whether nothing stands in a cell: a dash says nothing either."""
    return cell.strip().lower() in BLANKS


def plain(cell: str) -> str:
    """For comparing and reading: one width, small letters, spaces squeezed."""
    return " ".join(unicodedata.normalize("NFKC", cell).lower().split())


# Texts


def line(most: int) -> Callable[[str], str]:
    """A reader of one line with at most so many characters."""
    return lambda cell: _limited(text.clean_line(cell), most)


def block(most: int) -> Callable[[str], str]:
    """A reader of a longer text, whose line ends stay."""
    return lambda cell: _limited(text.clean(cell).strip(), most)


def _limited(words: str, most: int) -> str:
    if len(words) > most:
        raise CellError("too_long", most=most)
    return words


def is_japanese(words: str) -> bool:
    """Whether a text without a language of its own is Japanese: it has kana or kanji."""
    return re.search(r"[\u3040-\u30ff\u3400-\u9fff]", words) is not None


def read_kana(cell: str) -> str:
    """A reading in hiragana, by which lists are sorted: ﾔﾏﾀﾞ and ヤマダ become やまだ."""
    wide = unicodedata.normalize("NFKC", text.clean_line(cell))
    return _limited("".join(chr(ord(one) - 0x60) if "ァ" <= one <= "ヶ" else one for one in wide), 120)


def read_website(cell: str) -> str | None:
    """A page of http or https; its beginning may be left out."""
    if plain(cell) in NONE:
        return None
    address = cell.split()[0]
    if not re.match(r"[a-z][a-z0-9+.-]*:", address, re.IGNORECASE):
        address = f"https://{address}"
    try:
        parts = urlsplit(address)
        good = parts.scheme in {"http", "https"} and "." in (parts.hostname or "") and len(address) <= 500
    except ValueError:
        good = False
    if not good:
        raise CellError("website", value=cell)
    return address


def read_phone(cell: str) -> str | None:
    """As typed; a spreadsheet that took it for a number has lost the leading 0, which is put back."""
    if plain(cell) in NONE:
        return None
    number = re.sub(r"^([1-9]\d{8,9})$", r"0\1", unicodedata.normalize("NFKC", cell).strip())
    if len(number) > 40 or not 9 <= len(text.phone_key(number)) <= 15:
        raise CellError("phone", value=cell)
    return number


def read_email(cell: str) -> str | None:
    if plain(cell) in NONE:
        return None
    try:
        return text.check_email(cell.strip())
    except ValueError as error:
        raise CellError("email", value=cell) from error


def read_postal_code(cell: str) -> str:
    """Seven digits as 146-0093; one that a spreadsheet took for a number gets its leading 0 back."""
    digits = re.sub(r"[^0-9]", "", unicodedata.normalize("NFKC", cell))
    if not 6 <= len(digits) <= 7:
        raise CellError("postal_code", value=cell)
    digits = digits.rjust(7, "0")
    return f"{digits[:3]}-{digits[3:]}"


# Numbers


def number(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of the one whole number in a cell: `8`, `８名`, `各回 8 名`, `1,100円`."""

    def read(cell: str) -> int:
        found = re.findall(r"\d[\d,]*", unicodedata.normalize("NFKC", cell))
        if len(found) != 1 or re.search(r"-\s*\d|\d\.\d", unicodedata.normalize("NFKC", cell)):
            raise CellError("number", value=cell, lowest=lowest, highest=highest)
        try:
            return text.parse_int(found[0].replace(",", ""), lowest, highest)
        except ValueError as error:
            raise CellError("number", value=cell, lowest=lowest, highest=highest) from error

    return read


def read_minutes(cell: str) -> int:
    """`60`, `60分`, `1時間30分`, `1.5時間`, `1 hour`."""
    words = plain(cell)
    whole = re.fullmatch(
        r"(?:約\s*)?(?:(\d{1,2}(?:\.\d)?)\s*(?:時間|h|hours?))?\s*(?:(\d{1,4})\s*(?:分(?:間)?|min(?:ute)?s?\.?)?)?(半)?(?:程度)?",
        words,
    )
    minutes = 0
    if whole is not None:
        minutes = round(float(whole[1] or 0) * 60) + int(whole[2] or 0) + (30 if whole[3] else 0)
    if not 1 <= minutes <= 1440:
        raise CellError("number", value=cell, lowest=1, highest=1440)
    return minutes


def read_price(cell: str) -> tuple[int, str]:
    """Yen for one person and, where more was said than one number, the words: `無料`, `500円`, `大人1,100円、子ども500円`."""
    words = plain(cell)
    if words in NONE or words in {"無料", "free", "0円"}:
        return 0, ""
    amounts = [int(one.replace(",", "")) for one in re.findall(r"\d[\d,]{0,9}", words)]
    if not amounts or max(amounts) > 10_000_000:
        raise CellError("number", value=cell, lowest=0, highest=10_000_000)
    is_plain = re.fullmatch(r"[¥\\]?\s*[\d,]+\s*(?:円|yen|jpy)?(?:\s*\(?税込\)?)?", words) is not None
    return (amounts[0] if is_plain else min(amounts)), ("" if is_plain else text.clean_line(cell))


# Yes, no, and one of several

YES = frozenset(
    {
        "はい",
        "あり",
        "有",
        "有り",
        "可",
        "可能",
        "ok",
        "○",
        "〇",
        "◯",
        "◎",
        "yes",
        "y",
        "true",
        "1",
        "必要",
        "要",
        "対応",
    }
)
NO = (
    frozenset({"いいえ", "不可", "×", "✕", "✗", "x", "n", "false", "0", "不要", "不可能", "非対応", "ng"})
    | NONE
)
PARTLY = frozenset(
    {"一部", "一部可", "一部あり", "一部のみ", "△", "partly", "some", "areas", "partial", "some areas"}
)
YES_NO: dict[bool, dict[str, str]] = {True: {"ja": "はい", "en": "yes"}, False: {"ja": "いいえ", "en": "no"}}
DEGREES: dict[Degree, dict[str, str]] = {
    Degree.YES: {"ja": "はい", "en": "yes"}, Degree.PARTLY: {"ja": "一部", "en": "partly"}, Degree.NO: {"ja": "いいえ", "en": "no"},
}  # fmt: skip
PHOTOGRAPHY: dict[Photography, dict[str, str]] = {
    Photography.YES: {"ja": "可", "en": "yes"}, Photography.AREAS: {"ja": "一部可", "en": "some areas"},
    Photography.NO: {"ja": "不可", "en": "no"},
}  # fmt: skip
LANGUAGES: dict[str, tuple[str, ...]] = {
    "ja": ("日本語", "Japanese", "日"),
    "en": ("英語", "English", "英"),
    "zh": ("中国語", "Chinese", "中"),
    "ko": ("韓国語", "Korean", "韓"),
    "sign": ("手話", "Sign language"),
}
CRAFTS: dict[Craft, tuple[str, ...]] = {  # the Japanese and the English word, then what else people write
    Craft.CUTTING: (
        "切削",
        "Cutting and turning",
        "切削加工",
        "旋盤",
        "旋盤加工",
        "機械加工",
        "精密加工",
        "研削",
        "研磨",
        "マシニング",
        "フライス",
    ),
    Craft.PRESS: ("プレス", "Press work", "プレス加工", "絞り", "へら絞り", "深絞り", "金型"),
    Craft.CASTING: ("鋳造", "Casting", "鋳物", "ダイカスト"),
    Craft.FORGING: ("鍛造", "Forging", "鍛冶"),
    Craft.PLATING: (
        "めっき・表面処理",
        "Plating and coating",
        "めっき",
        "メッキ",
        "表面処理",
        "塗装",
        "熱処理",
    ),
    Craft.WELDING: ("溶接・板金", "Welding and sheet metal", "溶接", "板金", "板金加工", "製缶"),
    Craft.WOOD: ("木工", "Woodwork", "木製品", "家具", "指物", "漆器"),
    Craft.TEXTILE: ("繊維", "Textiles", "織物", "ニット", "縫製", "刺繍", "織り", "テキスタイル", "アパレル"),
    Craft.DYEING: ("染色", "Dyeing", "染め", "藍染", "捺染"),
    Craft.CERAMICS: ("陶磁器", "Ceramics", "陶器", "磁器", "窯業", "焼き物", "やきもの", "タイル", "瓦"),
    Craft.GLASS: ("ガラス", "Glass", "硝子", "切子"),
    Craft.LEATHER: ("皮革", "Leather", "革", "革製品", "鞄", "靴"),
    Craft.PAPER: ("紙", "Paper", "和紙", "紙加工", "紙器", "製本"),
    Craft.PRINTING: ("印刷", "Printing", "印刷業"),
    Craft.FOOD: ("食品", "Food and drink", "飲食", "菓子", "酒造", "醸造", "食品製造", "飲料"),
    Craft.PLASTICS: ("プラスチック", "Plastics", "樹脂", "樹脂成形", "射出成形", "プラスチック成形", "ゴム"),
    Craft.ELECTRONICS: ("電子・電気", "Electronics", "電子", "電気", "電子機器", "電機", "基板"),
    Craft.BLADES: ("刃物・工具", "Blades and tools", "刃物", "工具", "包丁"),
    Craft.OTHER: ("その他", "Other crafts", "ほか"),
}
SAYS_NOTHING = frozenset(
    {"町工場", "工場", "製造業", "ものづくり", "メーカー", "factory", "工房", "企業", "会社"}
)


def read_yes_no(cell: str) -> bool:
    said = _yes_no_partly(cell)
    if said is None or said == Degree.PARTLY:
        raise CellError("choice", value=cell, known="はい / いいえ, yes / no")
    return said == Degree.YES


def read_degree(cell: str) -> Degree:
    """How far something holds: はい, 一部, いいえ, and what else means that."""
    said = _yes_no_partly(cell)
    if said is None:
        raise CellError("choice", value=cell, known="はい / 一部 / いいえ, yes / partly / no")
    return said


def _yes_no_partly(cell: str) -> Degree | None:
    word = plain(cell)
    return next(
        (
            degree
            for degree, words in ((Degree.YES, YES), (Degree.PARTLY, PARTLY), (Degree.NO, NO))
            if word in words
        ),
        None,
    )


def read_photography(cell: str) -> tuple[Photography | None, str]:
    """What is allowed and, where more was said than that, the words, which are kept as a note for visitors."""
    said = _yes_no_partly(cell)
    if said is not None:
        return Photography({"partly": "areas"}.get(said.value, said.value)), ""
    words = plain(cell)
    if re.search(r"一部|場所によ|エリア|some|area|except|以外", words):
        return Photography.AREAS, text.clean_line(cell)
    if re.search(r"不可|禁止|ご遠慮|お断り|できません|\bno\b|not allowed|prohibited", words):
        return Photography.NO, text.clean_line(cell)
    if re.search(r"可|ok|自由|歓迎|welcome|allowed|できます", words):
        return Photography.YES, text.clean_line(cell)
    return None, text.clean_line(cell)


def read_languages(cell: str) -> list[str]:
    """The languages spoken, in the order of our own list."""
    words = plain(cell)
    named = [plain(one) for one in re.split(r"[,、;/・\s&+]+|と", words) if one]
    known = {plain(word): code for code, names in LANGUAGES.items() for word in (code, *names)} | {
        "sign": "sign",
        "language": "sign",
    }
    if unknown := [one for one in named if one not in known]:
        raise CellError("choice", value=unknown[0], known=", ".join(names[0] for names in LANGUAGES.values()))
    return [code for code in LANGUAGES if code in {known[one] for one in named}]


def read_craft(cell: str) -> Craft | None:
    """The craft that a word means; None where it says nothing or nothing that is known."""
    words = plain(cell)
    if words in _CRAFTS:
        return _CRAFTS[words]
    parts = re.split(r"[,、/・;\s]+", words)
    found = next((_CRAFTS[part] for part in parts if part in _CRAFTS), None)
    if found is None and words not in SAYS_NOTHING:
        inside = [
            (len(word), word) for word in _CRAFTS if len(word) >= 2 and word in words and not word.isascii()
        ]
        found = _CRAFTS[max(inside)[1]] if inside else None
    return found


_CRAFTS = {plain(word): craft for craft, words in CRAFTS.items() for word in (craft.value, *words)}


# Ages

_SCHOOLS = (
    (r"小学|elementary|primary", 6, 13),
    (r"中学|junior high|middle school", 12, 16),
    (r"高校|high school", 15, 19),
)


def read_ages(cell: str) -> tuple[int | None, int | None, bool]:
    """From which age one may come, below which age with a grown-up, and whether that was all that was said.

    `小学生以上(小学生は保護者同伴)`, `3歳以上`, `制限なし`, `6`. What is more than that is for a person to read.
    """
    words = plain(cell)
    if words in NONE or re.fullmatch(
        r"(?:年齢)?制限(?:は)?(?:なし|無し)|どなたでも|全年齢|誰でも|everybody|all ages|any age|0", words
    ):
        return 0, None, True
    if re.fullmatch(r"\d{1,2}(?:歳|才)?", words):
        return int(re.sub(r"\D", "", words)), None, True
    youngest = _from_age(words)
    guardian = _guardian_below(words)
    said_all = (
        re.fullmatch(r"(?:小学生|中学生|高校生|\d{1,2}\s*(?:歳|才))\s*(?:以上|から|~|〜)", words) is not None
    )
    return youngest, guardian, said_all


def _from_age(words: str) -> int | None:
    if (
        years := re.search(
            r"(\d{1,2})\s*(?:歳|才)?\s*(?:以上|から|~|〜|\+| and (?:up|over|older)| or older)", words
        )
    ) is not None:
        return int(years[1])
    for school, age, _left in _SCHOOLS:
        if re.search(
            rf"(?:{school})[^\s、。;(]*\s*(?:以上|から|~|〜)|(?:{school})[a-z ]*and (?:up|over|older)", words
        ):
            return age
    return None


def _guardian_below(words: str) -> int | None:
    if not re.search(r"保護者|親子|大人|guardian|parent|adult", words):
        return None
    if (years := re.search(r"(\d{1,2})\s*(?:歳|才)?\s*(以下|未満|under|below)", words)) is not None:
        return int(years[1]) + (1 if years[2] == "以下" else 0)
    for school, _age, left in _SCHOOLS:
        if re.search(
            rf"(?:{school})[^\s、。;(以]*(?:以下)?[^以上]{{0,6}}(?:保護者|親|guardian|with)|(?:{school})[a-z ]*(?:pupils?|students?|children) (?:with|need)",
            words,
        ):
            return left
    return None


# Points


def read_point(lat: str, lon: str) -> points.Point:
    """Two cells with degrees. Raises CellError."""
    try:
        return points.checked(_degrees(lat), _degrees(lon))
    except (PointError, ValueError, OverflowError) as error:
        raise CellError("point", value=f"{lat}, {lon}") from error


def _degrees(cell: str) -> float:
    words = unicodedata.normalize("NFKC", cell).strip()
    if not re.fullmatch(r"[-+]?\d{1,3}(?:\.\d{1,20})?", words):
        raise ValueError(cell)
    return float(words)


def read_map_link(cell: str) -> points.Point:
    """A pasted link or a pair of numbers. Raises CellError."""
    try:
        return points.parse(cell)
    except PointError as error:
        raise CellError("point", value=cell) from error


# Days and times

ALL_DAYS = frozenset(
    {"両日", "全日", "全日程", "毎日", "すべて", "全て", "both days", "all days", "every day", "both", "all"}
)
_DATED = re.compile(
    r"\s*((?:\d{4}\s*[-/.年]\s*\d{1,2}\s*[-/.月]|\d{1,2}\s*[/月])\s*\d{1,2}(?!\d)\s*日?)"
    r"(?:\s*\([^)]{1,8}\)\s*:?\s*|\s*:\s*|\s+|(?<=日))(?=\d)"
)


def read_days(cell: str, held_on: Sequence[date], today: date) -> list[date]:
    """The days in a cell, all of them days of the edition. A day without a year is that of the edition."""
    if plain(cell) in ALL_DAYS:
        return list(held_on)
    try:
        found = dates.parse_dates(cell, today=held_on[0] if held_on else today)
    except DateError as error:
        raise CellError("days", value=cell) from error
    if not found:
        raise CellError("days", value=cell)
    for day in found:
        if day not in held_on:
            raise CellError("not_a_day", day=day.isoformat())
    return found


def read_hours(cell: str, days: Sequence[date], held_on: Sequence[date], today: date) -> dict[date, Day]:
    """Opening hours by day: the same on all `days`, or `2026-11-28 10:00-16:00; 2026-11-29 10:00-12:00`."""
    found: dict[date, Day] = {}
    for on, words in split_by_day(cell, held_on, today):
        try:
            day = hours.parse_day(words)
            for one in on if on is not None else days:
                found[one] = hours.checked({*found.get(one, ()), *day})
        except HoursError as error:
            raise CellError("hours", value=cell) from error
        if not day:
            raise CellError("hours", value=cell)
    return found


def split_by_day(cell: str, held_on: Sequence[date], today: date) -> Iterable[tuple[list[date] | None, str]]:
    """The parts of a cell between semicolons or line ends, each with the day it begins with, or None for every day."""
    for part in SEPARATORS.split(cell):
        words = unicodedata.normalize("NFKC", part).strip()
        if not words:
            continue
        dated = _DATED.match(words)
        if dated is None:
            yield None, words
        else:
            yield read_days(dated[1], held_on, today), words[dated.end() :]


def say(names: Mapping[Any, Mapping[str, str]], value: Any, code: str) -> str:
    """How an export writes a stored choice; blank for what was never said."""
    return "" if value is None else names[value][code]
