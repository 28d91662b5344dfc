"""Whether visitors see a rally: asked together with the edition itself, so that no menu costs a statement."""

from sqlalchemy import exists
from sqlalchemy.orm import column_property

from eventapp.festivals.models import Edition
from eventapp.stamps.models import Rally, RallyState

# Hung on from above: the festivals know nothing of rallies, and every page already reads its edition.
Edition.has_rally = column_property(
    exists().where(Rally.edition_id == Edition.id, Rally.state != RallyState.DRAFT).correlate_except(Rally)
)
