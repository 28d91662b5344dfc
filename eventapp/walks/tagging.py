"""What OpenStreetMap's tags mean for someone on foot, in a wheelchair or with a pushchair."""

import math
import re
from collections.abc import Mapping

from eventapp.walks.graph import Spot, Way

NOT_WALKABLE = {
    "motorway",
    "motorway_link",
    "construction",
    "proposed",
    "planned",
    "raceway",
    "abandoned",
    "razed",
    "demolished",
    "disused",
    "removed",
    "bus_guideway",
    "busway",
    "escape",
    "emergency_bay",
    "no",
}
FOOT_YES = {"yes", "designated", "permissive"}
FOOT_NO = {"no", "private", "use_sidepath"}
ACCESS_NO = {"no", "private"}
ROUGH_SURFACES = {
    "unpaved", "gravel", "pebblestone", "cobblestone", "unhewn_cobblestone", "dirt", "earth", "ground",
    "mud", "sand", "grass", "grass_paver", "rock", "stone", "woodchips", "snow", "ice",
}  # fmt: skip
ROUGH_SMOOTHNESS = {"bad", "very_bad", "horrible", "very_horrible", "impassable"}
TELLING = {
    "wheelchair", "incline", "surface", "smoothness", "width", "kerb", "step_count", "ramp", "tracktype",
    "tactile_paving", "ramp:wheelchair", "ramp:stroller", "ramp:bicycle", "handrail",
}  # fmt: skip
"""Tags that say something about steps and surfaces: a way with none of them is a gap in the data."""
PLAZAS = {"pedestrian", "footway", "corridor", "platform"}
NARROWEST = 0.9
STEEPEST = 8.0
STEEP = 5.0
ENTRANCES = {"subway_entrance", "train_station_entrance"}
POI_KEYS = ("amenity", "shop", "tourism")
LANGUAGES = {"ja": ("name:ja", "name"), "en": ("name:en", "int_name")}


def is_walkable(tags: Mapping[str, str]) -> bool:
    """Whether people may walk along the way. What is said of `foot` wins over everything else."""
    highway, foot = tags.get("highway"), tags.get("foot")
    if highway is None and tags.get("railway") != "platform":
        return False
    if foot in FOOT_NO:
        return False
    if highway in NOT_WALKABLE or tags.get("motorroad") == "yes":
        return foot in FOOT_YES and highway not in {"construction", "proposed", "planned", "razed", "no"}
    return tags.get("access") not in ACCESS_NO or foot in FOOT_YES


def is_area(tags: Mapping[str, str]) -> bool:
    """Whether the closed way bounds a place to walk across, rather than going round in a circle."""
    return tags.get("area") == "yes"


def is_plaza(tags: Mapping[str, str]) -> bool:
    """Whether one walks straight across the area."""
    return is_area(tags) and (tags.get("highway") in PLAZAS or tags.get("railway") == "platform")


def way_flags(tags: Mapping[str, str]) -> Way:
    """What is to be remembered of a way."""
    flags = direction(tags) | slope(tags) | surface(tags)
    if tags.get("highway") == "steps":
        flags |= Way.STEPS | Way.KNOWN
        if "conveying" in tags and tags["conveying"] != "no":
            flags |= Way.ESCALATOR
    if tags.get("highway") == "elevator":
        flags |= Way.ELEVATOR | Way.KNOWN
    if tags.get("ramp:wheelchair") == "yes":
        flags |= Way.RAMP_WHEELCHAIR
    if tags.get("ramp:stroller") == "yes":
        flags |= Way.RAMP_STROLLER
    if tags.get("wheelchair") == "no":
        flags |= Way.NO_WHEELCHAIR
    if not TELLING.isdisjoint(tags):
        flags |= Way.KNOWN
    return flags


def direction(tags: Mapping[str, str]) -> Way:
    """One-way streets bind cars, not walkers; escalators and `oneway:foot` bind walkers too."""
    said = tags.get("conveying"), tags.get("oneway:foot")
    if "forward" in said or "yes" in said[1:]:
        return Way.FORWARD_ONLY
    if "backward" in said or "-1" in said:
        return Way.BACKWARD_ONLY
    return Way(0)


def slope(tags: Mapping[str, str]) -> Way:
    """Steeper than 8 % is too much for wheels, 5 to 8 % is hard work."""
    percent = parse_incline(tags.get("incline", ""))
    if percent > STEEPEST:
        return Way.TOO_STEEP
    return Way.STEEP if percent >= STEEP else Way(0)


def surface(tags: Mapping[str, str]) -> Way:
    """Rough ground, and ways narrower than a wheelchair needs."""
    flags = Way(0)
    if tags.get("surface") in ROUGH_SURFACES or tags.get("smoothness") in ROUGH_SMOOTHNESS:
        flags |= Way.ROUGH
    if parse_width(tags.get("width", "")) < NARROWEST:
        flags |= Way.NARROW
    return flags


def parse_incline(text: str) -> float:
    """The slope in percent, without sign; 0 for "up", "down" and anything not understood."""
    found = re.fullmatch(r"[-+]?(\d+(?:[.,]\d+)?)\s*(%|°)?", text.strip())
    if not found:
        return 0.0
    value = float(found[1].replace(",", "."))
    return math.tan(math.radians(min(value, 89.0))) * 100 if found[2] == "°" else value


def parse_width(text: str) -> float:
    """The width in metres; infinite when it is not said or not understood."""
    found = re.fullmatch(r"(\d+(?:[.,]\d+)?)\s*(m|cm)?", text.strip())
    if not found:
        return math.inf
    return float(found[1].replace(",", ".")) / (100 if found[2] == "cm" else 1)


def spot_flags(tags: Mapping[str, str]) -> Spot:
    """What is to be remembered of a node on a way."""
    flags = Spot(0)
    if tags.get("highway") == "traffic_signals" or tags.get("crossing") == "traffic_signals":
        flags |= Spot.SIGNALS
    shut = tags.get("access") in ACCESS_NO and tags.get("foot") not in FOOT_YES
    if "barrier" in tags and tags["barrier"] != "kerb" and (shut or tags.get("foot") in FOOT_NO):
        flags |= Spot.BARRIER
    if tags.get("kerb") == "raised":
        flags |= Spot.RAISED_KERB
    if tags.get("highway") == "crossing" and "kerb" not in tags:
        flags |= Spot.UNKNOWN_KERB
    return flags


def landmark_kind(tags: Mapping[str, str]) -> str | None:
    """What the node is good for when telling the way; None for most."""
    if tags.get("railway") in ENTRANCES:
        return "entrance"
    if "name" not in tags:
        return None
    if tags.get("highway") == "traffic_signals" or "crossing" in tags or tags.get("junction") == "yes":
        return "crossing"
    return "shop" if any(key in tags for key in POI_KEYS) else None


def names_of(tags: Mapping[str, str]) -> dict[str, str]:
    """The names by language, as far as the map has them; a station entrance without a name has its number."""
    names = {
        language: next(tags[key] for key in keys if key in tags)
        for language, keys in LANGUAGES.items()
        if any(key in tags for key in keys)
    }
    if not names and "ref" in tags:
        names["ja"] = tags["ref"]
    return names
