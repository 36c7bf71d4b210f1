"""A minute of everything at once: processes, engines and wires fail, and every promise is kept.

``make chaos MINUTES=20`` does the same for longer, with another seed each time.
"""

import asyncio
import os
import secrets
import shutil

import pytest

from tests.system.chaos.rig import Plan, new_folder, run


@pytest.mark.timeout(900)
async def test_nothing_is_lost_whatever_fails() -> None:
    seed = int(os.environ.get("SEED", secrets.randbelow(10**6)))
    plan = Plan(
        seed=seed,
        seconds=35,
        folder=new_folder(seed),
        actors=8,
        claims=False,
        scale=0.3,
        rage_s=20,
        calm_s=5,
    )
    lines: list[str] = []
    result = await run(plan, asyncio.Event(), lines.append)
    assert not result.violations, "\n".join([*lines, result.report])
    shutil.rmtree(plan.folder)
