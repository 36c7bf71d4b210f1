"""Which variant of an experiment a fan gets: the same for ever, by their names alone. Pure."""

import hashlib
from collections.abc import Sequence
from uuid import UUID


def place(experiment: UUID, fan: str, weights: Sequence[int]) -> int:
    """The place of the fan's variant among those with ``weights``, each chosen in proportion to its
    own. Fans are spread anew in each experiment, so that none is always in the same company."""
    digest = hashlib.sha256(experiment.bytes + fan.encode()).digest()
    point = int.from_bytes(digest[:8], "big") * sum(weights) >> 64
    for number, weight in enumerate(weights):
        point -= weight
        if point < 0:
            return number
    raise AssertionError("unreachable")
