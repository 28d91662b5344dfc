"""A browser without JavaScript for tests: it follows links and submits the forms that are really on the page."""

import contextvars
from typing import Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from eventapp.db import db


class Page:
    """One answer, as its reader sees it."""

    def __init__(self, visitor: "Visitor", response: TestResponse) -> None:
        self.visitor = visitor
        self.response = response
        self.status = response.status_code
        self.path = response.request.path
        self.url = (
            response.request.full_path.rstrip("?") if hasattr(response.request, "full_path") else self.path
        )

    @property
    def html(self) -> BeautifulSoup:
        if not hasattr(self, "_html"):
            self._html = BeautifulSoup(self.response.get_data(as_text=True), "html.parser")
        return self._html

    @property
    def text(self) -> str:
        """All words of the page, spaces squeezed."""
        return " ".join(self.html.get_text(" ").split())

    @property
    def main(self) -> str:
        """The words of the main part."""
        part = self.html.find("main")
        return " ".join((part or self.html).get_text(" ").split())

    @property
    def title(self) -> str:
        return " ".join(self.html.title.get_text().split()) if self.html.title else ""

    @property
    def alerts(self) -> list[str]:
        """What the page says in its alerts and field errors."""
        found = self.html.select("[role=alert], [role=status], .field-error")
        return [" ".join(one.get_text(" ").split()) for one in found if one.get_text(strip=True)]

    def links(self, containing: str = "") -> list[str]:
        return [str(a["href"]) for a in self.html.select("a[href]") if containing in str(a["href"])]

    def click(self, words: str) -> "Page":
        """Follow the link whose text contains these words."""
        for a in self.html.select("a[href]"):
            if words in " ".join(a.get_text(" ").split()):
                return self.visitor(urljoin(self.url, str(a["href"])))
        raise AssertionError(f"no link {words!r} on {self.path}")

    def find_form(self, action: str = "", button: str = "") -> Tag:
        """The form whose action contains `action` and whose buttons contain the words `button`."""
        for form in self.html.find_all("form"):
            if form.get("method", "get").lower() != "post" and not action:
                continue
            words = " ".join(one.get_text(" ") for one in form.find_all("button"))
            if action in (form.get("action") or self.path) and button in words:
                return form
        raise AssertionError(f"no form (action {action!r}, button {button!r}) on {self.path} ({self.status})")

    def submit(
        self, *, action: str = "", button: str = "", files: dict[str, Any] | None = None, **values: Any
    ) -> "Page":
        """Fill in and send a form of this page; None leaves a field out, a list sends several values."""
        form = self.find_form(action, button)
        data = form_values(form, button)
        for name, value in values.items():
            if value is None:
                data.pop(name, None)
            else:
                data[name] = value
        target = urljoin(self.url, str(form.get("action") or self.url))
        method = str(form.get("method", "get")).upper()
        if method == "GET":
            return self.visitor.send("GET", target, query_string=data)
        return self.visitor.send("POST", target, data={**data, **(files or {})})


def form_values(form: Tag, button: str = "") -> dict[str, Any]:
    """What a browser would send if nothing was typed."""
    values: dict[str, Any] = {}
    for field in form.find_all(["input", "select", "textarea"]):
        name = field.get("name")
        if name and not field.has_attr("disabled"):
            for value in _values_of(field):
                _put(values, str(name), value)
    for one in form.find_all("button"):
        if one.get("name") and (not button or button in " ".join(one.get_text(" ").split())):
            _put(values, one["name"], str(one.get("value", "")))
            break
    return values


def _values_of(field: Tag) -> list[str]:
    """What one field sends: nothing, one value, or several."""
    kind = field.get("type")
    if field.name == "textarea":
        return [field.get_text().removeprefix("\n")]
    if field.name == "select":
        options = field.find_all("option")
        chosen = [one for one in options if one.has_attr("selected")]
        if not chosen and not field.has_attr("multiple"):
            chosen = options[:1]
        return [str(one.get("value", one.get_text())) for one in chosen]
    if kind in {"checkbox", "radio"}:
        return [str(field.get("value", "on"))] if field.has_attr("checked") else []
    return [] if kind in {"submit", "file", "image", "button"} else [str(field.get("value", ""))]


def _put(values: dict[str, Any], name: str, value: str) -> None:
    if name not in values:
        values[name] = value
    else:
        before = values[name]
        values[name] = [*before, value] if isinstance(before, list) else [before, value]


class Visitor:
    """One browser with its cookies. Each request runs in a context of its own, as on a server."""

    def __init__(self, app: Flask, *, language: str = "en") -> None:
        self.app = app
        self.client: FlaskClient = app.test_client()
        self.language = language

    def __call__(self, path: str) -> Page:
        return self.send("GET", path)

    def send(self, method: str, path: str, *, follow: bool = True, **values: Any) -> Page:
        """A request; redirects inside the house are followed."""
        parts = urlsplit(path)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        headers = {"Accept-Language": self.language, **values.pop("headers", {})}
        db.session.rollback()
        response = contextvars.Context().run(
            lambda: self.client.open(
                target, method=method, headers=headers, follow_redirects=follow, **values
            )
        )
        db.session.rollback()
        db.session.expire_all()
        return Page(self, response)

    def post(self, path: str, **values: Any) -> Page:
        """A bare POST with whatever is given: for tests of forged and broken requests."""
        return self.send("POST", path, data=values)

    def sign_in(self, person: Any) -> "Visitor":
        """Be this person from now on, without the sign-in page."""
        from eventapp.db import transaction
        from eventapp.people import accounts

        with transaction():
            key = accounts.start_sign_in(person)
        with self.client.session_transaction() as session:
            session["_user_id"] = key
            session["_fresh"] = True
        return self
