"""Commands: `flask create-festival`, `flask invite-owner`, and what the operator needs. Each opens its own transaction."""

from pathlib import Path
from typing import Any

import click
from flask import Flask
from flask.cli import with_appcontext
from sqlalchemy import select

from eventapp import links, sheets, text
from eventapp.db import db, transaction
from eventapp.factories import columns
from eventapp.festivals import committee, founding
from eventapp.festivals.access import find_edition
from eventapp.festivals.models import Edition, Festival, Organizer, Role
from eventapp.i18n import LANGUAGES, RuleError, Translated, lazy, use_language
from eventapp.people import accounts, one_time
from eventapp.people.models import Person, Purpose
from eventapp.tours import import_jobs, import_report, importing, sheet_rows

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
            founding.found(
                slug,
                name=Translated({"ja": text.clean_line(name), "en": text.clean_line(name_en)}),
                by=OPERATOR,
            )
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


@click.command("import-factories")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--edition",
    "address",
    required=True,
    metavar="FESTIVAL/EDITION",
    help="Where to: the two parts of the edition's address.",
)
@click.option("--dry-run", is_flag=True, help="Tell what would happen and write nothing.")
@with_appcontext
def import_factories(file: Path, address: str, dry_run: bool) -> None:
    """Import the factories and programmes in FILE (CSV or .xlsx): all of them, or nothing.

    Columns are matched as somebody did by hand for the same header before, else by their names.
    """
    festival, _slash, slug = address.partition("/")
    with use_language("en"):
        if (edition := find_edition(festival, slug)) is None:
            raise click.ClickException(f"There is no edition at {address}.")
        try:
            rows = _read_sheet(file, edition)
            importing.prepare(rows)
            _tell_import(_import(rows, edition.id, dry_run), dry_run)
        except RuleError as error:
            raise click.ClickException(str(error)) from error


def _read_sheet(file: Path, edition: Edition) -> list[sheet_rows.Row]:
    with file.open("rb") as stream:
        table = sheets.read_table(stream, file.name)
    header = import_jobs.find_header(table, None)
    names = table.rows[header]
    keys, _is_known = import_jobs.match(names, edition)
    for name, key in zip(names, keys, strict=True):
        click.echo(f"  {name or '(no name)'}: {columns.BY_KEY[key].name.text('en') if key else '-'}")
    if columns.NAME not in keys:
        raise RuleError(lazy("Choose the column with the names of the factories."))
    return sheet_rows.read(table, header, keys, edition)


def _import(rows: list[sheet_rows.Row], edition_id: int, dry_run: bool) -> dict[str, Any]:
    """What happens, or with `dry_run` would happen, with every row; written unless something is wrong."""
    with transaction():
        plan = importing.plan(rows, db.session.get_one(Edition, edition_id), lock=True)
        told = import_report.tell(plan)
        if not dry_run and not plan.is_wrong:
            importing.write(plan, by=OPERATOR)
    return told


def _tell_import(told: dict[str, Any], dry_run: bool) -> None:
    for line in told["lines"]:
        for remark in line["remarks"]:
            where = columns.BY_KEY[remark["column"]].name.text("en") + ": " if remark["column"] else ""
            kind = "Problem" if remark["blocks"] else "Hint"
            click.echo(f"{kind}, row {line['row']} ({line['name']}): {where}{import_report.sentence(remark)}")
    sums = told["sums"]
    if sums["problems"]:
        raise click.ClickException(f"{sums['problems']} problems; nothing was imported.")
    click.echo(
        f"{sums['rows']} rows: {sums['factories_new']} new factories, {sums['factories_changed']} changed, "
        f"{sums['programmes_new']} new programmes ({sums['drafts']} as drafts), {sums['slots_new']} new slots."
    )
    if dry_run:
        click.echo("Nothing was written (--dry-run).")


class _Walks(click.Group):
    """`flask walks ...`, read only when asked for: streets bring osmium along, which the web processes need not carry."""

    def list_commands(self, context: click.Context) -> list[str]:
        from eventapp.walks.commands import walks

        return walks.list_commands(context)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        from eventapp.walks.commands import walks

        return walks.get_command(context, name)


COMMANDS: list[click.Command] = [
    create_festival,
    invite_owner,
    import_factories,
    _Walks("walks", help="Try the day planner and the walking ways from a shell."),
]
