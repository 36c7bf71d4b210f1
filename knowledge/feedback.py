"""How use changes confidence: the linear reward-penalty rule (Bush and Mosteller, 1955).

Each outcome moves confidence a fifth of the way towards certainty or doubt, so it stays between 0
and 1 without being cut, recent outcomes weigh more, and of many the share that helped remains.
"""

STEP = 0.2
"""Three outcomes of one kind move it half the way."""


def learned(confidence: float, *, helped: bool) -> float:
    return confidence + STEP * ((1.0 if helped else 0.0) - confidence)
