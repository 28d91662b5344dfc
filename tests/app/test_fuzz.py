"""3,000 mutated requests of every kind of user: no input gives a 5xx. The seed is printed, so a failure can be replayed."""

import io
import random
from typing import Any

import pytest
from flask import Flask

from tests.app.test_walls import methods, with_token
from tests.visiting import Visitor, form_values
from tests.walks.world import carry_plan
from tests.world import World, fill, make_world, rules

SEED, REQUESTS, LONG_RUN = 20261120, 3000, 60_000
NASTY: list[Any] = [
    "", " ", "0", "-1", "1e9", "1000000000", str(2**63), str(2**70), "-" + "9" * 400, "１２", "２０２６年１１月２８日", "NaN", "inf", "1.5", "0x10",
    "\x00", "a\x00b", "\x1b[31m", "‮abc", "⁦x⁩", "\ud800", "a\udfffb", "﷐", "𠮷野家 髙﨑", "ﾈｼﾞ", "<script>alert(1)</script>",
    "${7*7}{{7*7}}`x`", "' OR 1=1 --", "=1+1", "../../etc/passwd", "http://evil.example/", "//evil.example", "a" * 100_000, "あ" * 5000,
    "2026-02-30", "9999-99-99", "25:61", "10:00-09:00", "2026-11-28T10:00:00+99:99", "10時半", "true", "[]", "{}", "hana@", "@example.jp",
    "a@b@c.jp", "hana@例え.テスト", '"><img src=x onerror=1>', "\r\nBcc: x@example.jp", "%00", "%ff", "ja", "zz", "é́́", "🏭" * 50,
]  # fmt: skip


class Fuzzer:
    """Takes real forms and real addresses, and spoils them."""

    def __init__(self, app: Flask, world: World, seed: int) -> None:
        self.app, self.world, self.dice = app, world, random.Random(seed)
        self.people = [
            Visitor(app).sign_in(person) if person else Visitor(app)
            for person in (world.owner, world.member, None)
        ]
        carry_plan(self.people[-1], world.values)
        self.addresses = [
            (method, address) for rule in rules(app) if (address := fill(world, rule)) and not rule.endpoint.startswith("account.sign_out")
            for method in methods(rule)
        ]  # fmt: skip
        self.forms: list[tuple[Visitor, str, dict[str, Any]]] = []

    def collect(self) -> None:
        """Every form on every page that somebody can open, with what a browser would send."""
        for visitor in self.people:
            for method, address in self.addresses:
                if method == "GET":
                    page = visitor.send("GET", address)
                    if page.response.mimetype == "text/html":
                        for form in page.html.find_all("form"):
                            if "sign-out" not in str(form.get("action")):
                                self.forms.append(
                                    (visitor, str(form.get("action") or page.url), form_values(form))
                                )

    def request(self) -> tuple[Visitor, str, str, dict[str, Any]]:
        kind = self.dice.random()
        if kind < 0.7 and self.forms:
            visitor, address, values = self.dice.choice(self.forms)
            data = self.spoil({**values, "csrf_token": with_token(visitor)})
            if self.dice.random() < 0.1:
                data["photos"] = data["file"] = (io.BytesIO(self.dice.randbytes(200)), "x.jpg")
            return visitor, "POST" if "csrf_token" in values else "GET", address, {"data": data}
        visitor = self.dice.choice(self.people)
        method, address = self.dice.choice(self.addresses)
        if kind < 0.85:
            names = [
                "page",
                "q",
                "day",
                "lang",
                "age",
                "kind",
                "craft",
                "area",
                "time",
                "status",
                "programme",
                "date",
                "preview",
                "width",
                "next",
            ]
            return (
                visitor,
                "GET",
                address,
                {"query_string": {self.dice.choice(names): self.text() for _one in range(3)}},
            )
        if kind < 0.95:
            parts = address.split("/")
            parts[self.dice.randrange(1, len(parts))] = self.text()[:300]
            return visitor, method, "/".join(parts).replace("?", "%3F").replace("#", "%23"), {}
        body = self.dice.choice(
            [b"[" * 100_000, b'{"a":' * 50_000, b"\xff\xfe", b"null", b'{"a": "\\ud800"}', b"1e999"]
        )
        headers = {"X-CSRFToken": with_token(visitor)}
        return (
            visitor,
            "POST",
            address,
            {"data": body, "content_type": "application/json", "headers": headers},
        )

    def text(self) -> str:
        return str(self.dice.choice(NASTY)).encode("utf-8", "replace").decode()

    def spoil(self, values: dict[str, Any]) -> dict[str, Any]:
        """Change one to three fields: nasty, doubled, gone, or new ones."""
        spoiled = dict(values)
        for _change in range(self.dice.randint(1, 3)):
            fields = [name for name in spoiled if name != "csrf_token"] or ["unknown"]
            name, what = self.dice.choice(fields), self.dice.random()
            if what < 0.7:
                spoiled[name] = self.dice.choice(NASTY)
            elif what < 0.8:
                spoiled.pop(name, None)
            elif what < 0.9:
                spoiled[name] = [self.dice.choice(NASTY), self.dice.choice(NASTY)]
            else:
                spoiled[
                    self.dice.choice(["version", "code", "id", "festival_id", "status", "state", "is_demo"])
                ] = self.dice.choice(NASTY)
        return {name: encodable(value) for name, value in spoiled.items()}


def encodable(value: Any) -> Any:
    """Lone surrogates travel as their raw bytes, as a broken client sends them."""
    if isinstance(value, list):
        return [encodable(one) for one in value]
    return (
        value.encode("utf-8", "surrogatepass")
        if isinstance(value, str) and any("\ud800" <= one <= "\udfff" for one in value)
        else value
    )


def run(app: Flask, requests: int, seed: int) -> None:
    print(f"seed {seed}")  # noqa: T201  (what a failure is replayed with)
    fuzzer = Fuzzer(app, make_world(app), seed)
    fuzzer.collect()
    assert len(fuzzer.forms) > 60
    failed = []
    for number in range(requests):
        visitor, method, address, values = fuzzer.request()
        page = visitor.send(method, address, follow=False, **values)
        if page.status >= 500:
            failed.append((number, method, address[:120], str(values)[:400]))
    assert failed == []


def test_no_mutated_request_gives_a_5xx(app: Flask) -> None:
    run(app, REQUESTS, SEED)


@pytest.mark.soak
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_no_mutated_request_gives_a_5xx_for_long(app: Flask, seed: int) -> None:
    run(app, LONG_RUN // 3, seed)
