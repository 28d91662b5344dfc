"""How places, styles and states of editions are called on pages."""

from eventapp.festivals.models import PlaceKind, Style
from eventapp.i18n import lazy

PLACES: dict[PlaceKind, object] = {
    PlaceKind.INFORMATION: lazy("Information"),
    PlaceKind.TOILET: lazy("Toilet"),
    PlaceKind.PARKING: lazy("Parking"),
    PlaceKind.LUNCH: lazy("Lunch"),
    PlaceKind.BUS_STOP: lazy("Bus stop"),
    PlaceKind.STATION: lazy("Station"),
    PlaceKind.PRIZE_DESK: lazy("Prize desk"),
    PlaceKind.MEETING_POINT: lazy("Meeting point"),
    PlaceKind.STAGE: lazy("Stage"),
}
STYLES: dict[Style, object] = {
    Style.CIRCUIT: lazy("Factories open their own doors"),
    Style.GATHERING: lazy("Factories come together in one place"),
    Style.MIXED: lazy("Open factories and booths in a venue"),
}
