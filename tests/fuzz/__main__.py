"""Fuzz for as long as there is time: ``python -m tests.fuzz rest --minutes 10 [--seed 7]``.

Prints each flaw once, with what repeats it; ends with status 1 when there were any.
"""

import argparse
import asyncio
import random
import sys
import tempfile
from pathlib import Path

from tests.fuzz.campaigns import CAMPAIGNS
from tests.fuzz.target import target, trouble
from tests.support.engines import engines_for_tests


async def fuzz(what: str, seconds: float, number: int, *, shared: Path) -> list[str]:
    with engines_for_tests() as engines:
        async with target(engines, shared) as server:
            told = await CAMPAIGNS[what](server, seconds, number)
            sys.stdout.write(f"{dict(told.seen)}\n")
            return [*told.flaws, *trouble(server)]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=__doc__)
    parser.add_argument("what", choices=sorted(CAMPAIGNS))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    options = parser.parse_args()
    sys.stdout.write(f"seed {options.seed}\n")
    with tempfile.TemporaryDirectory(prefix="causerie-fuzz-") as folder:
        flaws = asyncio.run(
            fuzz(options.what, options.minutes * 60, options.seed, shared=Path(folder))
        )
    for flaw in flaws:
        sys.stdout.write(f"{flaw}\n")
    sys.stdout.write(f"{len(flaws)} flaws\n")
    return int(bool(flaws))


if __name__ == "__main__":
    sys.exit(main())
