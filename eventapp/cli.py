"""Commands: `flask create-festival`, `flask invite-owner`, and what the operator needs. Each opens its own transaction."""

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import select

from eventapp import links, text
from eventapp.db import db, transaction
from eventapp.festivals import committee, founding
from eventapp.festivals.models import Festival, Organizer, Role
from eventapp.i18n import LANGUAGES, RuleError, Translated
from eventapp.people import accounts, one_time
from eventapp.people.models import Person, Purpose
from eventapp.walks.commands import walks

OPERATOR = "operator"  # how the history names whoever sits at the server's command line


def register(app: Flask) -> None:
    """Hang the commands into the application."""
    for command in COMMANDS:
        app.cli.add_command(command)


@click.command("create-festival")
@click.argument("slug")
@click.option("--name", required=True, help="The name in Japanese.")
@click.option("--name-en", default="", help="The name in English.")
@with_appcontext
def create_festival(slug: str, name: str, name_en: str) -> None:
    """Make a festival whose address is /SLUG/. Its first owner comes with invite-owner."""
    try:
        with transaction():
            founding.found(slug, name=Translated({"ja": text.clean_line(name), "en": text.clean_line(name_en)}), by=OPERATOR)
    except (RuleError, text.TextRefused) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"{links.base_url()}/{slug}/")
    click.echo(f"Next: flask invite-owner {slug} E-MAIL")


@click.command("invite-owner")
@click.argument("slug")
@click.argument("email")
@click.option("--language", type=click.Choice(LANGUAGES), default="ja", help="In which the mail is written.")
@click.option("--recover", is_flag=True, help="For an owner who lost password and phone: set both anew.")
@with_appcontext
def invite_owner(slug: str, email: str, language: str, recover: bool) -> None:
    """Make the person with this address an owner of the festival at /SLUG/.

    Prints a link that works once; the invitation is mailed too.
    """
    try:
        text.check_email(email)
    except ValueError as error:
        raise click.ClickException(f"{email} is not an e-mail address.") from error
    with transaction():
        festival = db.session.scalar(select(Festival).where(Festival.slug == slug))
        if festival is None:
            raise click.ClickException(f"There is no festival at {slug}.")
        nonce = _own(festival, email, language, recover)
    click.echo(links.one_time(nonce))


def _own(festival: Festival, email: str, language: str, recover: bool) -> str:
    """Make somebody an owner who may be in the committee already; returns the nonce of a link for signing in."""
    person = accounts.find_person(email)
    place = _find_place(festival, person) if person else None
    if place is None:
        invited = committee.invite(festival, email=email, role=Role.OWNER, by=OPERATOR, language=language)
        db.session.flush()  # the new person's code and id are needed for the link
        person, nonce = db.session.get_one(Person, invited.organizer.person_id), invited.nonce
    else:
        committee.change_role(place, Role.OWNER, by=OPERATOR)
        person = place.person
        nonce = None if person.accepted_at else committee.invite_again(place, by=OPERATOR)
    if nonce is not None:
        return nonce
    return one_time.make(person, Purpose.RECOVERY if recover else Purpose.SIGN_IN, committee.desk(festival))


def _find_place(festival: Festival, person: Person) -> Organizer | None:
    return db.session.scalar(
        select(Organizer).where(Organizer.festival_id == festival.id, Organizer.person_id == person.id)
    )


COMMANDS: list[click.Command] = [create_festival, invite_owner, walks]
