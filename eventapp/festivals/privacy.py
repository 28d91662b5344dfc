"""The privacy text an edition begins with: what Japan's law on personal information (APPI) wants to be told.

Content, not interface: it is stored with the edition, and the committee may change every word of it.
"""

from datetime import date, timedelta

from eventapp.festivals.models import Edition
from eventapp.i18n import Translated

JAPANESE = """{festival}の運営者(以下「事務局」)は、{edition}のご予約でお預かりする個人情報を、次のとおり取り扱います。

## お預かりする情報
お名前、メールアドレス(お電話での予約の場合は電話番号)、人数、ご予約の内容。訪問先の工場が求める場合のみ、会社名・来訪の目的・参加される方のお名前(保険加入のため)。

## 利用目的
ご予約の確認・変更・取消のご連絡、当日の受付、中止や変更など大切なお知らせ、必要な場合の保険加入のためだけに利用します。これ以外の目的(宣伝など)には利用しません。個人を特定できない人数などの集計は、開催報告に利用することがあります。

## 第三者への提供
ご予約先の工場・団体に、受付に必要な範囲でお名前・人数などをお伝えします。法令に基づく場合を除き、ほかの第三者には提供しません。

## 保管期間と削除
{deletion_ja}お名前・連絡先などを自動的に消去し、個人を特定できない集計だけを残します。

## 開示・訂正・利用停止などのご請求
ご予約の確認メールにある専用ページから、ご自身で内容の確認・変更・取消ができます。開示・訂正・削除・利用停止などのご請求は、下記までご連絡ください。

{contact_ja}
"""
ENGLISH = """The organizers of {festival} (“we”) handle the personal information given when booking for {edition} as follows.

## What we keep
Your name, your e-mail address (a telephone number if you book by telephone), the number of people and what you booked. Only where the factory you visit asks for it: your company, the purpose of your visit, and the names of your party (for insurance).

## What it is used for
To confirm, change and cancel your reservations, to receive you on the day, to tell you important news such as a cancellation, and for insurance where it is needed. For nothing else, and not for advertising. Figures in which nobody can be recognised may be used in reports about the festival.

## Who else learns it
The factory or group you book with is told your name and the number of people as far as it needs them to receive you. Nobody else is, unless the law asks for it.

## How long it is kept
{deletion_en}names and addresses are erased automatically; only figures in which nobody can be recognised remain.

## Your rights
The private page linked in your confirmation mail lets you see, change and cancel your reservations. To ask for disclosure, correction, deletion or an end of use, please contact us:

{contact_en}
"""


def standard(edition: Edition) -> Translated:
    """The standard text in both languages, with this edition's names, deletion date and contact filled in."""
    deletion_ja, deletion_en = _deletion(edition.last_day, edition.keep_visitors_days)
    contact = "\n".join(f"- {one}" for one in (edition.contact_email, edition.contact_phone) if one)
    festival, name = edition.festival.name, edition.name
    return Translated({
        "ja": JAPANESE.format(festival=festival.text("ja"), edition=name.text("ja"), deletion_ja=deletion_ja,
                              contact_ja=f"{festival.text('ja')} 事務局\n\n{contact}").strip(),
        "en": ENGLISH.format(festival=festival.text("en"), edition=name.text("en"), deletion_en=deletion_en,
                             contact_en=f"The organizers of {festival.text('en')}\n\n{contact}").strip(),
    })  # fmt: skip


def is_standard(edition: Edition) -> bool:
    """Whether nobody has changed the text by hand."""
    return edition.privacy == standard(edition)


def _deletion(last_day: date | None, keep_days: int) -> tuple[str, str]:
    if last_day is None:
        return f"最終開催日から{keep_days}日後に、", f"{keep_days} days after the last day of the festival "
    end = last_day + timedelta(days=keep_days)
    return (
        f"最終開催日から{keep_days}日後({end.year}年{end.month}月{end.day}日)に、",
        f"{keep_days} days after the last day of the festival ({end:%B} {end.day}, {end.year}) ",
    )
