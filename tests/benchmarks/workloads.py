"""All workloads, in the order in which they run."""

from tests.benchmarks import accounting, billing, burst, capacity, first_token, idle, lengths, paced
from tests.benchmarks.workload import Workload

WORKLOADS: tuple[Workload, ...] = (
    burst.WORKLOAD,
    paced.WORKLOAD,
    first_token.WORKLOAD,
    capacity.WORKLOAD,
    idle.WORKLOAD,
    accounting.WORKLOAD,
    billing.WORKLOAD,
    lengths.WORKLOAD,
)


def chosen(only: str) -> tuple[Workload, ...]:
    """Those with a goal among ``g1,g4``…; an empty string names all.

    Raises:
        ValueError: a goal that no workload has.
    """
    wanted = {word.strip().lower() for word in only.split(",")} - {""}
    known = {goal.key.partition(".")[0] for workload in WORKLOADS for goal in workload.goals}
    if unknown := wanted - known:
        raise ValueError(f"{', '.join(sorted(unknown))}: not among {', '.join(sorted(known))}")
    return tuple(
        workload
        for workload in WORKLOADS
        if not wanted or wanted & {goal.key.partition(".")[0] for goal in workload.goals}
    )
