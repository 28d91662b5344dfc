"""The committee's prize draws: announced, fixed, drawn; everybody can check each step."""

from flask import render_template
from flask.typing import ResponseReturnValue

from eventapp import draws
from eventapp.db import NotThere
from eventapp.i18n import _
from eventapp.stamps import raffle
from eventapp.stamps.models import Rally
from eventapp.stamps.routes.organizer import act, bp, enter, me
from eventapp.stamps.routes.organizer_forms import BeaconForm, DrawForm


@bp.get("/manage/<festival>/<edition>/rally/draws", endpoint="draws")
def draws_page(festival: str, edition: str) -> ResponseReturnValue:
    """Draws with what is next for each."""
    return _draws(enter(festival, edition), DrawForm(formdata=None))


def _draws(rally: Rally, form: DrawForm) -> str:
    return render_template(
        "stamps/organizer/draws.html",
        rally=rally,
        draws=raffle.list_draws(rally),
        form=form,
        beacon=BeaconForm(formdata=None),
    )


@bp.post("/manage/<festival>/<edition>/rally/draws")
def announce_draw(festival: str, edition: str) -> ResponseReturnValue:
    """Announce a draw: its commitment is public from now on."""
    rally, form = enter(festival, edition), DrawForm()
    if not form.validate():
        return _draws(rally, form), 422
    return act(lambda: raffle.announce(rally, form.name.data, winners=form.winners.data or 1, needed=form.needed.data or 1, by=me(),
                                       beacon_name=form.beacon_name.data or ""),
               "draws", _("Announced. Its commitment is public now."))  # fmt: skip


@bp.post("/manage/<festival>/<edition>/rally/draws/<code>/<step>")
def go_on_draw(festival: str, edition: str, code: str, step: str) -> ResponseReturnValue:
    """Fix the entries, or draw."""
    rally, form = enter(festival, edition), BeaconForm()
    found = raffle.get_draw(rally, code)
    if step == "freeze":
        return act(
            lambda: raffle.freeze(found, rally, by=me()), "draws", _("The entries are fixed and public.")
        )
    if step == "draw":
        value = (form.beacon.data or "")[:120]
        return act(
            lambda: draws.draw_lots(found, beacon=value, by=me()),
            "draws",
            _("Drawn. Seed and winners are public."),
        )
    raise NotThere(step)
