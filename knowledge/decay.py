"""How confidence fades: by a fifth in thirty days, continuously."""

from datetime import datetime

KEPT = 0.8
PERIOD_S = 30 * 86_400.0


def decayed(confidence: float, since: datetime, now: datetime) -> float:
    """What is left of ``confidence`` that was right at ``since``; before that moment, all of it."""
    age_s = max((now - since).total_seconds(), 0.0)
    return float(confidence * KEPT ** (age_s / PERIOD_S))


_AGE_S = "CAST(extract(epoch FROM CAST(:now AS timestamptz) - confidence_at) AS float8)"

DECAYED = f"""(confidence
  * power(CAST({KEPT} AS float8), least(greatest({_AGE_S} / {PERIOD_S}, 0), 1000)))"""
"""The same in SQL, over ``insights``, for 82 years: further on ``power`` would underflow. As float8
throughout: powers of ``numeric``, which ``extract`` answers, take ten times as long."""
