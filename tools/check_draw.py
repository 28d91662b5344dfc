"""Check a draw: `python check_draw.py draw.json`. Needs Python and nothing else; the rules are in docs/stamps.md."""

import json
import sys
from hashlib import sha256


def sha(text: str) -> str:
    return sha256(text.encode()).hexdigest()


def check(draw: dict) -> list[str]:  # type: ignore[type-arg]
    """What is wrong with it; nothing, if it is right."""
    wrong, seed, beacon = [], draw["seed"], draw["beacon"]
    if sha(seed) != draw["commitment"]:
        wrong.append("the seed is not the one that was promised")
    if (
        sha("\n".join(f"{name} {weight}" for name, weight in sorted(draw["entries"])))
        != draw["entries_digest"]
    ):
        wrong.append("the entries are not the ones that were fixed")
    ranks = sorted(
        (min(sha(f"{seed}\n{beacon}\n{name}\n{i}") for i in range(weight)), name)
        for name, weight in draw["entries"]
    )
    if [name for _rank, name in ranks][: draw["winners_wanted"]] != draw["winners"]:
        wrong.append("others have won")
    return wrong


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        found = check(json.load(file))
    print("\n".join(found) or "The draw is right.")
    sys.exit(1 if found else 0)
