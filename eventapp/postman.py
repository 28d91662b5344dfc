"""From a row of the outbox to a mail on its way: rendered in the reader's language, sent by SMTP or into a folder.

The template `mail/<name>.txt` begins with `Subject: ...` and an empty line. What is secret, the private link, is made
here and nowhere stored.
"""

import smtplib
import ssl
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo

from flask import current_app
from jinja2 import Environment

from eventapp import calendars, clock, config, links
from eventapp.i18n import use_language
from eventapp.outbox import Mail


def write(mail: Mail, templates: Environment, *, sender: str) -> EmailMessage:
    """The mail as it leaves. Values with line breaks where none belong cannot reach a header: the policy refuses them."""
    zone = ZoneInfo(mail.values.get("zone") or current_app.config["DEFAULT_ZONE"])
    with use_language(mail.language), clock.shown_in(zone):
        text = templates.get_template(f"mail/{mail.template}.txt").render(_with_links(mail.values))
    subject, _empty, body = text.lstrip().partition("\n")
    message = EmailMessage(policy=SMTP)
    message["Subject"] = " ".join(subject.removeprefix("Subject:").split())
    message["From"] = _named(sender, mail.values.get("festival") or mail.values.get("place") or "")
    if contact := mail.values.get("contact_email"):
        message["Reply-To"] = _address(contact)
    message["To"] = _address(mail.to_address)
    message["Date"] = format_datetime(mail.created_at.astimezone(UTC))
    message["Message-ID"] = f"<{mail.message_id}@{urlsplit(links.base_url()).hostname}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(body.strip() + "\n")
    if mail.calendar:
        message.add_attachment(_calendar(mail), maintype="text", subtype="calendar", filename="kouba.ics")
    return message


def _address(typed: str) -> Address:
    local, _at, domain = typed.rpartition("@")
    return Address(username=local, domain=domain)  # quotes the old addresses with two dots in a row


def _named(sender: str, festival: str) -> str | Address:
    """The installation's address under the name of whom the mail is about; a name that the operator chose stays."""
    name, address = parseaddr(sender)
    if name or not festival or "@" not in address:
        return sender
    local, _at, domain = address.rpartition("@")
    return Address(display_name=" ".join(festival.split()), username=local, domain=domain)


def _with_links(values: dict[str, Any]) -> dict[str, Any]:
    """Values, with `link` beside every `private` and for a `one_time`."""
    made = dict(values)
    if nonce := values.get("one_time"):
        made["link"] = links.one_time(nonce)
    if private := values.get("private"):
        made["link"] = private_link(private["code"], private["version"])
    if bookings := values.get("bookings"):
        made["bookings"] = [_with_links(one) for one in bookings]
    return made


def private_link(code: str, version: int) -> str:
    """The full private address of a booking."""
    return f"{links.base_url()}/r/{links.private_token(code, version)}/"


def _calendar(mail: Mail) -> bytes:
    events = [
        calendars.CalendarEvent(
            uid=one["uid"],
            starts_at=datetime.fromisoformat(one["starts_at"]),
            ends_at=datetime.fromisoformat(one["ends_at"]),
            summary=one["summary"],
            location=one["location"],
            sequence=one["sequence"],
            status="CANCELLED" if one["cancelled"] else "CONFIRMED",
            updated_at=mail.created_at,
        )
        for one in mail.calendar
    ]
    zone = mail.calendar[0].get("zone", "Asia/Tokyo")
    return calendars.calendar(mail.values.get("festival", "Kouba"), events, zone=zone)


class Folder:
    """Mail as files, for trials and for the demo: one .eml each, written whole or not at all."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, message: EmailMessage) -> None:
        """Put it into the folder under its Message-ID."""
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(message["Message-ID"]).strip("<>").partition("@")[0]
        partial = self.folder / f".{name}.new"
        partial.write_bytes(bytes(message))
        partial.replace(self.folder / f"{name}.eml")


class Smtp:
    """A mail server: smtp://user:password@host:587 (STARTTLS where offered), smtps://host:465."""

    def __init__(self, url: str, *, seconds: float = 20) -> None:
        self.parts = urlsplit(url)
        self.seconds = seconds

    def send(self, message: EmailMessage) -> None:
        """Hand it over; OSError and smtplib's errors tell that it did not leave."""
        host, secure = self.parts.hostname or "localhost", self.parts.scheme == "smtps"
        port = self.parts.port or (465 if secure else 25)
        server = (
            smtplib.SMTP_SSL(host, port, timeout=self.seconds, context=trusting(host))
            if secure
            else smtplib.SMTP(host, port, timeout=self.seconds)
        )
        try:
            server.ehlo()  # only then it is known what the server can do
            if not secure and server.has_extn("starttls"):
                server.starttls(context=trusting(host))
            if self.parts.username:
                server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
            server.send_message(message)
            with suppress(OSError):  # it is theirs by now: a rude goodbye is no reason to send it again
                server.quit()
        finally:
            server.close()


def trusting(host: str) -> ssl.SSLContext:
    """The mail server shows a certificate that is good for its name; one on this machine needs none.

    An authority of one's own is added as for every program: with the variable SSL_CERT_FILE.
    """
    context = ssl.create_default_context()
    if config.is_loopback(f"{host}:0"):
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def carrier(setting: str, instance: Path) -> Folder | Smtp:
    """What EVENTAPP_MAIL says: "folder" (under the instance folder) or an smtp address."""
    return Smtp(setting) if setting.startswith(("smtp://", "smtps://")) else Folder(instance / "mail")
