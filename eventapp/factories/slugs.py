"""A factory's place in addresses: Latin letters made from its English name, else from its kana. Nothing is looked up."""

import re
import unicodedata
from collections.abc import Container

from sqlalchemy import or_, select

from eventapp import codes
from eventapp.db import db
from eventapp.factories.models import Factory

LONGEST = 48
RESERVED = frozenset({"new", "map", "list", "search"})  # would read like a page of ours


def make_slug(festival_id: int, *, name_en: str = "", kana: str = "") -> str:
    """A slug that no other factory of the festival has; `-2`, `-3` where the plain one is taken."""
    plain = plain_slug(name_en=name_en, kana=kana)
    alike = select(Factory.slug).where(
        Factory.festival_id == festival_id,
        or_(Factory.slug == plain, Factory.slug.startswith(f"{plain}-", autoescape=True)),
    )
    return free_slug(plain, set(db.session.scalars(alike)))


def plain_slug(*, name_en: str = "", kana: str = "") -> str:
    """The slug a factory would have if it were alone; a drawn one where its names have no letters."""
    return latin(name_en) or latin(romaji(kana)) or f"factory-{codes.random_code(5).lower()}"


def free_slug(plain: str, taken: Container[str]) -> str:
    """The plain slug, or the first `-2`, `-3` ... that is neither taken nor a page of ours."""
    number = 1
    slug = plain
    while slug in taken or slug in RESERVED:
        number += 1
        slug = f"{plain}-{number}"
    return slug


def latin(text: str) -> str:
    """Small ASCII letters, digits and hyphens; empty where a name has none."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=\w)'(?=\w)", "", plain))
    while len(words) > 1 and words[-1] in _COMPANY:
        words.pop()
    slug = "-".join(words)
    return slug if len(slug) <= LONGEST else slug[:LONGEST].rsplit("-", 1)[0]


def romaji(kana: str) -> str:
    """Kana in Hepburn letters as on station signs, long vowels unmarked: やまだせいさくしょ becomes yamadaseisakusho."""
    text = unicodedata.normalize("NFKC", kana)
    text = "".join(chr(ord(one) - 0x60) if "ァ" <= one <= "ヶ" else one for one in text)
    text = _LEGAL_FORMS.sub(" ", text)
    text = re.sub("[きぎしじちぢにひびぴみり][ゃゅょ]", lambda found: _joined(found.group()), text)
    text = "".join(_KANA.get(one, one) for one in text)
    text = re.sub(r"っ(?=ch)", "t", text)
    text = re.sub(r"っ([a-z])", r"\1\1", text)
    text = re.sub(r"n(?=[bmp])", "m", text)
    return re.sub("ou|oo", "o", re.sub("uu", "u", re.sub("[ーっ]", "", text)))


def _joined(pair: str) -> str:
    head = _KANA[pair[0]][:-1]
    return (head if head in {"sh", "ch", "j"} else head + "y") + {"ゃ": "a", "ゅ": "u", "ょ": "o"}[pair[1]]


_COMPANY = frozenset({"co", "ltd", "inc", "corp", "corporation", "company", "kk", "llc", "gk"})
_LEGAL_FORMS = re.compile(
    "かぶしきがいしゃ|かぶしきかいしゃ|ゆうげんがいしゃ|ごうどうがいしゃ|ごうしがいしゃ"
)
_ROWS = {
    "": "あいうえお", "k": "かきくけこ", "s": "さしすせそ", "t": "たちつてと", "n": "なにぬねの", "h": "はひふへほ",
    "m": "まみむめも", "r": "らりるれろ", "g": "がぎぐげご", "z": "ざじずぜぞ", "d": "だぢづでど", "b": "ばびぶべぼ",
    "p": "ぱぴぷぺぽ",
}  # fmt: skip
_KANA = {letter: row + vowel for row, letters in _ROWS.items() for letter, vowel in zip(letters, "aiueo", strict=True)} | {
    "し": "shi", "ち": "chi", "つ": "tsu", "ふ": "fu", "じ": "ji", "ぢ": "ji", "づ": "zu", "や": "ya", "ゆ": "yu", "よ": "yo",
    "わ": "wa", "を": "o", "ん": "n", "ゔ": "vu", "ぁ": "a", "ぃ": "i", "ぅ": "u", "ぇ": "e", "ぉ": "o", "ゃ": "ya", "ゅ": "yu",
    "ょ": "yo", "ゐ": "i", "ゑ": "e",
}  # fmt: skip
