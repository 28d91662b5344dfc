"""What the demo says besides the town's own texts: parts of town, shoes and clothes in words, notices, how to come."""

from eventapp.i18n import Translated


def both(ja: str, en: str) -> Translated:
    """A text in both languages."""
    return Translated({"ja": ja, "en": en})


AREAS = {
    "nakamachi": both("仲町・鍛冶町", "Nakamachi, the old town"),
    "kawahigashi": both("川東", "Kawahigashi, across the river"),
    "ekiminami": both("駅南", "Ekiminami, south of the station"),
    "kamasaka": both("窯坂", "Kamasaka, at the foot of the hill"),
    "apart": both("町はずれ", "Out of town"),
}
SHOES = {
    "any": both("どんな靴でも", "Any shoes"),
    "closed": both("つま先とかかとの隠れる靴", "Closed shoes with a heel"),
    "slippers": both("入口でスリッパにはきかえます", "We change into slippers at the door"),
    "provided": both("安全靴をお貸しします", "Safety shoes are lent"),
}
CLOTHES = {
    "any": both("服装は自由です。", "Wear what you like."),
    "may_get_dirty": both("汚れてもよい服でお越しください。", "Wear something that may get dirty."),
    "long_sleeves": both("長袖・長ズボンでお越しください。", "Long sleeves and long trousers, please."),
    "no_loose": both("すその広い服やストールはご遠慮ください。", "No loose clothes or scarves, please."),
}
ACCESS = both(
    "砥石線の槌見駅から歩いて5分で、旧製糸倉庫ホールに着きます。\n\n"
    "- **循環バス** 駅北口から20分おき。一日券300円\n"
    "- **自転車** 駅前で一日300円\n"
    "- **車** 本町と川東の臨時駐車場(無料)へ。工場の前の道はせまく、止められません",
    "From Tsuchimi Station on the Toishi Line it is five minutes on foot to the Old Silk Mill Hall.\n\n"
    "- **Loop bus** every 20 minutes from the north exit; day ticket 300 yen\n"
    "- **Bicycles** at the station, 300 yen a day\n"
    "- **Cars** to the free festival car parks in Honmachi and Kawahigashi; the lanes in front of the factories are too narrow",
)  # fmt: skip
RULES = both(
    "- 工場は仕事の場です。案内の人の声が届くところにいてください\n"
    "- 機械と材料には、すすめられたときだけ触れてください\n"
    "- 来られなくなったら、お早めに取消を。次の人が喜びます",
    "- A factory is a place of work: please stay within earshot of your guide\n"
    "- Touch machines and materials only when you are asked to\n"
    "- If you cannot come, please cancel early: somebody else will be glad of the place",
)  # fmt: skip
NOTICE_MADE_UP = (
    both("これは見本のお祭りです", "This festival is a sample"),
    both(
        "{invented}予約した人の名前・メールアドレス・人数も、すべて機械がつくったものです。自由に予約したり、事務局や工場になってみたりしてください。",
        "{invented} The people who have booked, their addresses and their numbers are generated too. Book what you like, and take the"
        " place of the committee or of a factory.",
    ),
)  # fmt: skip
NOTICE_OPEN = (
    both("予約を受け付けています", "Reservations are open"),
    both(
        "見学と体験の予約を受け付けています。先着順です。会員登録はいりません。取消もいつでもできます。",
        "Tours and workshops can be booked now, first come, first served. No account is needed, and you can cancel at any time.",
    ),
)
NOTICE_BUS = (
    both("循環バスの時刻が決まりました", "Times of the loop bus"),
    both(
        "両日とも9時から17時まで20分おき(渡場・田尻は40分おき)。一日券は総合案内と車内で300円です。",
        "On both days every 20 minutes from 9:00 to 17:00 (every 40 minutes to Wataba and Tajiri). Day tickets cost 300 yen at the"
        " information desk and on board.",
    ),
)  # fmt: skip
NOTICE_TODAY = (
    both("本日開催中。予約なしで入れる工場もあります", "Open today, many factories without a reservation"),
    both(
        "「見る・体験」で「予約不要」を選ぶと、いまから入れる工場が出ます。迷ったら駅前の総合案内へ。",
        "Choose “no booking” under What's on to see where you can walk in now. When in doubt, ask at the desk on the station square.",
    ),
)
MOVED = "朝の段取りのため、はじまりを15分おそくしました。ご都合が悪いときは、下のリンクから取消できます。"
PHOTO = (
    both("{name}の作業場(絵)", "The shop floor of {name} (a drawing)"),
    both("{name}の道具と品物(絵)", "Tools and goods of {name} (a drawing)"),
)
