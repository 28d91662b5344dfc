"""Who walks: speeds, and what is no way at all for wheels."""

from dataclasses import dataclass

from eventapp.walks.graph import Spot, Way

SIGNAL_SECONDS = 15.0
STEPS_SLOWNESS = 2.0
UNKNOWN_KERB_SECONDS = 10.0
NO_RAMP = Way(0)


@dataclass(frozen=True, slots=True)
class Profile:
    """A way of getting about. `ramp` is the ramp that makes steps passable; without wheels steps are no obstacle.

    `strain` is how much longer a rough or steep stretch may count when choosing the way: bad ground is avoided, not
    forbidden, because a strict rule too often finds no way at all.
    """

    code: str
    kmh: float
    wheels: bool = False
    ramp: Way = NO_RAMP
    kerbs: bool = False
    strain: float = 1.0

    @property
    def metres_per_second(self) -> float:
        """The speed on level ground."""
        return self.kmh / 3.6

    def may_use(self, way: int) -> bool:
        """Whether the way is open to this profile, in at least one direction."""
        if not self.wheels:
            return True
        if way & Way.STEPS and (way & Way.ESCALATOR or not way & self.ramp):
            return False
        if way & (Way.TOO_STEEP | Way.NARROW):
            return False
        return not (self.kerbs and way & Way.NO_WHEELCHAIR)

    def may_pass(self, spot: int) -> bool:
        """Whether one gets past the junction: not through closed gates, not with a wheelchair over a raised kerb."""
        return not spot & Spot.BARRIER and not (self.kerbs and spot & Spot.RAISED_KERB)

    def seconds(self, metres: float, way: int) -> float:
        """Walking time of a stretch; steps go at half the speed."""
        slowness = STEPS_SLOWNESS if way & Way.STEPS else 1.0
        return metres / self.metres_per_second * slowness

    def effort(self, seconds: float, way: int) -> float:
        """What the stretch counts when the way is chosen."""
        return seconds * self.strain if way & (Way.ROUGH | Way.STEEP) else seconds

    def delay(self, spot: int) -> float:
        """Seconds lost on passing the junction."""
        return SIGNAL_SECONDS if spot & Spot.SIGNALS else 0.0

    def hesitation(self, spot: int) -> float:
        """What passing the junction counts besides its delay when the way is chosen."""
        return UNKNOWN_KERB_SECONDS if self.kerbs and spot & Spot.UNKNOWN_KERB else 0.0


NORMAL = Profile("normal", 4.8)
RELAXED = Profile("relaxed", 3.6)
STROLLER = Profile("stroller", 3.6, wheels=True, ramp=Way.RAMP_STROLLER | Way.RAMP_WHEELCHAIR, strain=1.3)
WHEELCHAIR = Profile("wheelchair", 3.0, wheels=True, ramp=Way.RAMP_WHEELCHAIR, kerbs=True, strain=1.6)
PROFILES = {profile.code: profile for profile in (NORMAL, RELAXED, STROLLER, WHEELCHAIR)}
