"""What the provider is told to do, drawn by lot: mostly an answer, sometimes everything else."""

import random

ROUGH = (
    "status=500",
    "status=429 retry_after=1",
    "mute=1",
    "first=2",
    "tokens=20 silent=0",
    "tokens=40 silent=12",
    "tokens=40 gap=0.02 cut=20 how=rst",
    "tokens=40 gap=0.02 cut=20 how=fin",
    "tokens=40 cut=15 how=clean",
    "tokens=40 garbage=10",
    "tokens=40 garbage=10 rubbish=no_utf8",
    "tokens=30 error_event=10",
    "tokens=8 bytewise=1",
    "tokens=20 usage=0",
    "tokens=20 more=5000",
    "tokens=20 ends=2",
    "tokens=20 finish= done=0",
    "tokens=20 done=0",
    "tokens=20 hold_open=1",
    "tokens=30 one_write=1",
    "tokens=12 cached=4",
    "deltas=half_😀,plain,\\ud83d",
)
HUGE = "tokens=2 huge=5000000"


def smooth(rng: random.Random, *, longest_s: float = 3.0) -> str:
    """An answer without trouble, from a word to some hundreds."""
    tokens = rng.choice((5, 5, 12, 12, 40, 40, 120, 400))
    gap = rng.choice((0.0, 0.0, 0.005, 0.02, 0.05))
    gap = min(gap, longest_s / tokens)
    return f"tokens={tokens} gap={gap:.4f} burst={rng.choice((1, 1, 1, 3))}"


def any_play(rng: random.Random) -> str:
    return rng.choice(ROUGH) if rng.random() < 0.25 else smooth(rng)


def slow(rng: random.Random) -> str:
    """Long enough to be interrupted."""
    return f"tokens={rng.randint(30, 120)} gap={rng.choice((0.01, 0.02)):.2f}"
