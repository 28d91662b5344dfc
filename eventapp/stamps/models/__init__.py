"""What a rally stores, by subject; everybody imports it from here.

A card is a set that only grows, so repeats, any order, and the merging of two cards are all harmless.
"""

from eventapp.stamps.models.cards import (
    Card,
    CardKind,
    Geo,
    HourCount,
    Method,
    RecoveryCode,
    Scan,
    Stamp,
    Status,
    Verdict,
)
from eventapp.stamps.models.prizes import (
    Award,
    Claim,
    ClaimState,
    Desk,
    DeskStock,
    Escrow,
    Prize,
    PrizeKind,
)
from eventapp.stamps.models.rally import (
    KeyGeneration,
    KeyState,
    Policy,
    Poster,
    Rally,
    RallyCourse,
    RallyState,
    Station,
)

__all__ = [
    "Award",
    "Card",
    "CardKind",
    "Claim",
    "ClaimState",
    "Desk",
    "DeskStock",
    "Escrow",
    "Geo",
    "HourCount",
    "KeyGeneration",
    "KeyState",
    "Method",
    "Policy",
    "Poster",
    "Prize",
    "PrizeKind",
    "Rally",
    "RallyCourse",
    "RallyState",
    "RecoveryCode",
    "Scan",
    "Stamp",
    "Station",
    "Status",
    "Verdict",
]
