"""How crafts and visit rules are called on pages: texts of the reader's language by the value stored."""

from eventapp.factories.models import Craft, Degree, Photography
from eventapp.i18n import lazy

CRAFTS: dict[Craft, object] = {
    Craft.CUTTING: lazy("Cutting and turning"),
    Craft.PRESS: lazy("Press work"),
    Craft.CASTING: lazy("Casting"),
    Craft.FORGING: lazy("Forging"),
    Craft.PLATING: lazy("Plating and coating"),
    Craft.WELDING: lazy("Welding and sheet metal"),
    Craft.WOOD: lazy("Woodwork"),
    Craft.TEXTILE: lazy("Textiles"),
    Craft.DYEING: lazy("Dyeing"),
    Craft.CERAMICS: lazy("Ceramics"),
    Craft.GLASS: lazy("Glass"),
    Craft.LEATHER: lazy("Leather"),
    Craft.PAPER: lazy("Paper and paper goods"),
    Craft.PRINTING: lazy("Printing"),
    Craft.FOOD: lazy("Food and drink"),
    Craft.PLASTICS: lazy("Plastics"),
    Craft.ELECTRONICS: lazy("Electronics"),
    Craft.BLADES: lazy("Blades and tools"),
    Craft.OTHER: lazy("Other crafts"),
}
STEP_FREE: dict[Degree, object] = {
    Degree.YES: lazy("Step-free"),
    Degree.PARTLY: lazy("Partly step-free"),
    Degree.NO: lazy("There are steps"),
}
STROLLER: dict[Degree, object] = {
    Degree.YES: lazy("Strollers welcome"),
    Degree.PARTLY: lazy("Strollers in some areas"),
    Degree.NO: lazy("Leave strollers at the entrance"),
}
PHOTOGRAPHY: dict[Photography, object] = {
    Photography.YES: lazy("Photos welcome"),
    Photography.AREAS: lazy("Photos in some areas only"),
    Photography.NO: lazy("No photos"),
}
NOISE: dict[int, object] = {
    0: lazy("Quiet"),
    1: lazy("Some machine noise"),
    2: lazy("Loud machines"),
    3: lazy("Very loud: ear protection is lent"),
}
LANGUAGES: dict[str, object] = {
    "ja": lazy("Japanese"),
    "en": lazy("English"),
    "zh": lazy("Chinese"),
    "ko": lazy("Korean"),
    "sign": lazy("Sign language"),
}
