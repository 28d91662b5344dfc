"""The columns of a committee's sheet: how they are called here and elsewhere, and which of them a header row means.

A column has one fixed name per language, so that what was exported or filled in years ago is still understood.
"""

import enum
import hashlib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from eventapp import text
from eventapp.i18n import Translated, lazy

LONGEST_NAME = 200  # of a header cell, as far as it is looked at
SHORTEST_PART = 2  # characters of a name that may be found inside a longer header


class Group(enum.StrEnum):
    FACTORY = "factory"
    VISIT = "visit"
    ENTRY = "entry"
    PROGRAMME = "programme"
    TOLD = "told"  # written by an export, left alone by an import


GROUPS: dict[Group, object] = {
    Group.FACTORY: lazy("Factory"),
    Group.VISIT: lazy("Visit rules"),
    Group.ENTRY: lazy("Opening days"),
    Group.PROGRAMME: lazy("Programmes"),
    Group.TOLD: lazy("Only told"),
}


@dataclass(frozen=True)
class Column:
    """One column. `also` are names that other people's sheets have for it; `in_template` leaves out what only helps."""

    key: str
    name: Translated
    also: tuple[str, ...] = ()
    group: Group = Group.FACTORY
    example: str = ""
    in_template: bool = True

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.name.values(), self.key, *self.also)


def _of(
    key: str,
    ja: str,
    en: str,
    also: str = "",
    *,
    group: Group = Group.FACTORY,
    example: str = "",
    in_template: bool = True,
) -> Column:
    return Column(key, Translated({"ja": ja, "en": en}), tuple(also.split()), group, example, in_template)


NAME, NOTES, IGNORED = "name", "notes", ""

FACTORY = (
    _of("id", "管理番号", "ID", "受付番号 整理番号 企業番号 企業ID 工場ID venue_id factory_id", example="OT001"),
    _of(NAME, "工場名", "Name", "名称 企業名 会社名 事業者名 事業所名 参加企業 参加企業名 出展者名 工房名 窯元名 店名 屋号 団体名 施設名 会場名 venue_name factory company",
        example="山田製作所"),
    _of("kana", "ふりがな", "Kana", "フリガナ よみがな 読み よみ カナ かな reading name_kana", example="やまだせいさくしょ"),
    _of("name_en", "工場名(英語)", "Name (English)", "英語名 英語名称 英文名称 企業名(英語) 英語表記 venue_name_en english_name", example="Yamada Works"),
    _of("craft", "加工・業種", "Craft", "業種 加工分野 分野 ジャンル カテゴリ カテゴリー 種別 category industry", example="切削"),
    _of("products", "つくっているもの", "What you make", "製品 主な製品 事業内容 業務内容 製造品目 取扱品目 主要製品 products"),
    _of("products_en", "つくっているもの(英語)", "What you make (English)", "事業内容(英語) 製品(英語)"),
    _of("story", "紹介文", "Story", "紹介 PR文 PR 会社紹介 工場紹介 企業紹介 説明文 about"),
    _of("story_en", "紹介文(英語)", "Story (English)", "紹介(英語) PR文(英語) 英語紹介文"),
    _of("postal_code", "郵便番号", "Postal code", "〒 zip postcode zipcode", example="146-0093"),
    _of("pref", "都道府県", "Prefecture", "県 prefecture", in_template=False),
    _of("city", "市区町村", "City", "市町村 区市町村 municipality", in_template=False),
    _of("address", "住所", "Address", "所在地 見学場所住所 工場住所", example="東京都大田区矢口3-5-4"),
    _of("address_en", "住所(英語)", "Address (English)", "所在地(英語) 英語住所"),
    _of("area", "エリア", "Area", "地区 地域 ブロック district", example="蒲田エリア"),
    _of("area_en", "エリア(英語)", "Area (English)", "地区(英語)"),
    _of("lat", "緯度(入口)", "Latitude (entrance)", "緯度 lat latitude"),
    _of("lon", "経度(入口)", "Longitude (entrance)", "経度 lon lng longitude"),
    _of("point", "地図リンク", "Map link", "地図 座標 緯度経度 GoogleMap Googleマップ map coordinates", in_template=False),
    _of("town_lat", "緯度(町のあたり)", "Latitude (about)", "town_lat 町緯度"),
    _of("town_lon", "経度(町のあたり)", "Longitude (about)", "town_lon 町経度"),
    _of("access", "入口への行き方", "How to find the entrance", "アクセス 交通 最寄駅 最寄り駅 directions"),
    _of("access_en", "入口への行き方(英語)", "How to find the entrance (English)", "アクセス(英語)"),
    _of("parking", "駐車場", "Parking", "駐車"),
    _of("parking_en", "駐車場(英語)", "Parking (English)"),
    _of("website", "ウェブサイト", "Website", "ホームページ HP URL サイト WEBサイト Web homepage", example="https://www.example.jp/"),
    _of("phone", "電話番号", "Telephone", "電話 TEL 連絡先電話 連絡先 phone", example="03-0000-0000"),
    _of("email", "メールアドレス", "E-mail", "メール Mail email 連絡先メール"),
    _of(NOTES, "備考", "Notes", "メモ 特記事項 その他 連絡事項 remarks note memo source 出典"),
)  # fmt: skip
VISIT = tuple(
    _of(*one[:3], " ".join(one[3:4]), group=Group.VISIT, example=" ".join(one[4:5]))
    for one in (
        ("min_age", "対象年齢", "Minimum age", "年齢制限 年齢 参加条件 対象 age_limit age", "6"),
        ("guardian_below", "保護者同伴(この年齢未満)", "With a grown-up below (age)", "保護者同伴", "13"),
        ("infants_take_place", "乳幼児も人数に数える", "Infants take a place", "乳幼児", "いいえ"),
        ("photography", "写真撮影", "Photography", "撮影 撮影可否 写真 photo_rule photo", "一部可"),
        ("photography_note", "撮影の注意", "Photography note"),
        ("photography_note_en", "撮影の注意(英語)", "Photography note (English)"),
        ("languages", "対応言語", "Languages", "言語", "日本語、英語"),
        ("step_free", "段差なし", "Step-free", "車いす 車椅子 バリアフリー wheelchair", "一部"),
        ("stroller", "ベビーカー", "Stroller", "", "はい"),
        ("under_roof", "屋根あり", "Under a roof", "屋内 雨天可", "はい"),
        ("toilet", "トイレ", "Toilet", "お手洗い", "はい"),
        ("nappy_change", "おむつ替え", "Nappy change", "おむつ交換台", "いいえ"),
        ("noise", "音の大きさ(0〜3)", "Noise (0-3)", "騒音 音", "1"),
        ("shoes", "履物", "Shoes", "靴", ""),
        ("shoes_en", "履物(英語)", "Shoes (English)"),
        ("clothes", "服装", "Clothes", "", ""),
        ("clothes_en", "服装(英語)", "Clothes (English)"),
        ("insurance_list", "名簿が必要", "Insurance list", "保険名簿", "いいえ"),
        ("no_same_trade", "同業者お断り", "No same trade", "同業者", "いいえ"),
        ("asks_company", "会社名と目的を聞く", "Asks company and purpose", "", "いいえ"),
    )
)
ENTRY = (
    _of("open_days", "公開日", "Open days", "開催日 実施日 参加日 日程 日にち 日付 open_day days date", group=Group.ENTRY, example="2026-11-28, 2026-11-29"),
    _of("open_hours", "公開時間", "Open hours", "開催時間 実施時間 営業時間 オープン時間 時間 時間帯 open_time hours", group=Group.ENTRY, example="10:00-12:00, 13:00-16:00"),
    _of("last_entry", "最終受付(終了何分前)", "Last entry (minutes before closing)", "最終受付", group=Group.ENTRY, example="30"),
    _of("message", "今年のひとこと", "This year's message", "今年の見どころ 見どころ メッセージ highlight", group=Group.ENTRY),
    _of("message_en", "今年のひとこと(英語)", "This year's message (English)", "見どころ(英語)", group=Group.ENTRY),
)  # fmt: skip
PROGRAMME = (
    _of("programme_id", "プログラム番号", "Programme ID", "プログラムID", group=Group.PROGRAMME),
    _of("title", "プログラム名", "Programme", "プログラム 企画名 体験名 見学名 イベント名 内容 実施内容 プログラムタイトル タイトル programme_title program title", group=Group.PROGRAMME, example="工場見学"),
    _of("title_en", "プログラム名(英語)", "Programme (English)", "企画名(英語) プログラムタイトル(英語)", group=Group.PROGRAMME),
    _of("kind", "プログラムの種類", "Kind", "種類 企画種別 kind", group=Group.PROGRAMME, example="見学"),
    _of("description", "プログラムの説明", "Description", "企画内容 詳細 プログラム内容 プログラム詳細", group=Group.PROGRAMME),
    _of("description_en", "プログラムの説明(英語)", "Description (English)", "企画内容(英語)", group=Group.PROGRAMME),
    _of("reservation", "予約方法", "How to take part", "予約 予約の要否 申込方法 申込 参加方法 受付方法 reservation_method booking reservation", group=Group.PROGRAMME, example="要予約"),
    _of("start_times", "開始時刻", "Start times", "開始時間 実施回 各回の時刻 各回開始時刻 start_time times", group=Group.PROGRAMME, example="10:00, 11:00, 14:00"),
    _of("duration", "所要時間(分)", "Duration (minutes)", "所要時間 所要 duration_min minutes", group=Group.PROGRAMME, example="60"),
    _of("capacity", "定員(1回)", "Capacity (each)", "定員 人数 定員(各回) 定員数 各回定員 募集人数 受入人数", group=Group.PROGRAMME, example="8"),
    _of("price", "参加費(円)", "Price (yen)", "参加費 料金 費用 金額 体験料 price_yen fee", group=Group.PROGRAMME, example="0"),
    _of("price_note", "参加費の補足", "Price note", "料金備考", group=Group.PROGRAMME),
    _of("price_note_en", "参加費の補足(英語)", "Price note (English)", group=Group.PROGRAMME),
    _of("bring", "持ち物", "What to bring", "持参品", group=Group.PROGRAMME),
    _of("bring_en", "持ち物(英語)", "What to bring (English)", group=Group.PROGRAMME),
    _of("programme_languages", "プログラムの言語", "Programme languages", group=Group.PROGRAMME),
    _of("programme_min_age", "プログラムの対象年齢", "Programme minimum age", group=Group.PROGRAMME),
    _of("programme_guardian_below", "プログラムの保護者同伴(この年齢未満)", "Programme: with a grown-up below (age)", group=Group.PROGRAMME),
)  # fmt: skip
TOLD = (
    _of("state", "参加状況", "State", group=Group.TOLD, in_template=False),
    _of("booth", "ブース", "Booth", group=Group.TOLD, in_template=False),
)
ALL = (*FACTORY, *VISIT, *ENTRY, *PROGRAMME, *TOLD)
BY_KEY: dict[str, Column] = {column.key: column for column in ALL}


def known_names() -> list[str]:
    """Every name a header cell may have, for finding the header row."""
    return [name for column in ALL for name in column.names]


def header(columns: Iterable[Column], code: str) -> list[str]:
    """The header row in a language."""
    return [column.name.text(code) for column in columns]


def guess(names: Sequence[str]) -> list[str]:
    """For each header cell the key of the column it most likely means, "" for none; each column once, notes often."""
    plain = [_plain(name) for name in names]
    found = [_EXACT.get(name, IGNORED) if name else IGNORED for name in plain]
    taken: set[str] = set()
    for place, key in enumerate(found):
        if key != NOTES and key in taken:
            found[place] = IGNORED
        taken.add(key)
    for place, name in enumerate(plain):
        if not found[place] and name:
            found[place] = _inside(name, taken)
            taken.add(found[place])
    return found


def _inside(name: str, taken: set[str]) -> str:
    """The column with the longest of its names inside this one; a header in another language is another column."""
    if name.endswith(("en", "英語")):
        return IGNORED
    inside = [
        (len(part), -name.index(part), key)
        for part, key in _EXACT.items()
        if len(part) >= SHORTEST_PART and part in name and not part.isascii()
    ]
    return next((key for _length, _place, key in sorted(inside, reverse=True) if key not in taken), IGNORED)


def is_certain(names: Sequence[str]) -> bool:
    """Whether every filled header cell is one of our own names, as in a template or an export: nobody has to be asked."""
    own = {_plain(name) for column in ALL for name in column.name.values()}
    filled = [_plain(name) for name in names if name]
    return bool(filled) and len(set(filled)) == len(filled) and set(filled) <= own


def signature(names: Sequence[str]) -> str:
    """By what the same kind of sheet is known again next time: its header cells in order."""
    told = "\x1f".join(_plain(name[:LONGEST_NAME]) for name in names)
    return hashlib.blake2b(told.encode(), digest_size=12).hexdigest()


def recall(remembered: Mapping[str, object], names: Sequence[str]) -> list[str] | None:
    """How this header was matched by hand before; None where it never was."""
    kept = remembered.get(signature(names))
    if (
        not isinstance(kept, dict)
        or not isinstance(keys := kept.get("columns"), list)
        or len(keys) != len(names)
    ):
        return None
    return [key if key in BY_KEY else IGNORED for key in keys]


def remember(
    remembered: Mapping[str, object], names: Sequence[str], keys: Sequence[str], *, most: int = 30
) -> dict[str, object]:
    """The memory with this matching in it; the oldest beyond `most` are forgotten."""
    mark = signature(names)
    kept = {key: value for key, value in remembered.items() if key != mark}
    kept[mark] = {"columns": list(keys)}
    return dict(list(kept.items())[-most:])


def _plain(name: str) -> str:
    """A header without marks that people put beside it: (必須), ※, line ends, spaces, underscores."""
    folded = unicodedata.normalize("NFKC", name)
    folded = re.sub(
        r"[(\[【]\s*(?:必須|任意|required|optional)\s*[)\]】]|必須|任意", "", folded, flags=re.IGNORECASE
    )
    return re.sub(r"[\s_\-・/:.,*※#()\[\]【】「」]+", "", text.search_key(folded))


def _exact() -> dict[str, str]:
    """Every name by its plain form; one without what stands in brackets behind it, where no other column has that name."""
    short = {_plain(name.partition("(")[0]): column.key for column in reversed(ALL) for name in column.names}
    whole = {_plain(name): column.key for column in reversed(ALL) for name in column.names}
    return {name: key for name, key in {**short, **whole}.items() if name}


_EXACT = _exact()
