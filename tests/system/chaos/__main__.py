"""``python -m tests.system.chaos --minutes 20``: ill-treat the product, then prove that it held.

Exit status 1 when a promise was not kept; the report says which, the folder why.
"""

import argparse
import asyncio
import secrets
import shutil
import signal
import sys
from pathlib import Path

import uvloop

from tests.system.chaos.mutations import play_all
from tests.system.chaos.rig import Plan, Result, new_folder, run


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


async def _main(plan: Plan) -> Result:
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGINT, stop.set)
    return await run(plan, stop, say)


def main() -> int:
    parser = argparse.ArgumentParser("python -m tests.system.chaos", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=None, help="replays the same schedule")
    parser.add_argument("--webs", type=int, default=3)
    parser.add_argument("--billing", type=int, default=2)
    parser.add_argument("--actors", type=int, default=16)
    parser.add_argument("--report", type=Path, default=None, help="write the report there as well")
    parser.add_argument(
        "--mutations", action="store_true", help="prove the checker: break the product on purpose"
    )
    given = parser.parse_args()
    seed = given.seed if given.seed is not None else secrets.randbelow(10**6)
    folder = new_folder(seed)
    say(f"SEED={seed}, logs in {folder}")
    if given.mutations:
        return _end(folder, good=uvloop.run(play_all(folder, say)))
    plan = Plan(
        seed=seed,
        seconds=given.minutes * 60,
        folder=folder,
        webs=given.webs,
        billing=given.billing,
        actors=given.actors,
    )
    result = uvloop.run(_main(plan))
    say(result.report)
    (folder / "report.md").write_text(result.report)
    if given.report is not None:
        given.report.write_text(result.report)
    return _end(folder, good=not result.violations)


def _end(folder: Path, *, good: bool) -> int:
    """The exit status. Logs stay; what the database holds only where it may be needed."""
    if good:
        shutil.rmtree(folder / "engines")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
