"""What others did to the machine while a figure was taken."""

import os
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from msgspec import Struct

from tests.benchmarks.processes import involuntary_switches


class Disturbance(Struct, frozen=True):
    """``stolen`` is the share (0 to 1) of the time that the host took. ``waited`` is the share in
    which what was measured was ready to run and somebody else had its core (None: the kernel does
    not tell); ``switches`` a second are those that took the core from it."""

    load: float
    stolen: float
    waited: float | None
    switches: float

    def __str__(self) -> str:
        waited = "" if self.waited is None else f", kept waiting {self.waited:.0%}"
        return (
            f"load {self.load:.1f}, stolen {self.stolen:.0%}{waited},"
            f" {self.switches:.0f} switches/s"
        )


def worst(seen: Sequence[Disturbance]) -> Disturbance | None:
    """The highest of each; None where nothing was seen."""
    if not seen:
        return None
    waits = [one.waited for one in seen if one.waited is not None]
    return Disturbance(
        load=max(one.load for one in seen),
        stolen=max(one.stolen for one in seen),
        waited=max(waits) if waits else None,
        switches=max(one.switches for one in seen),
    )


class Watch:
    """Looks when it is made and when it is read."""

    def __init__(self, measured: Sequence[psutil.Process]) -> None:
        self._measured = measured
        self._began = time.monotonic()
        self._stolen_s = _stolen_s()
        self._waited_ns = _waited_ns(measured)
        self._switches = involuntary_switches(measured)

    def read(self) -> Disturbance:
        seconds = time.monotonic() - self._began
        until, waited = _waited_ns(self._measured), None
        if until is not None and self._waited_ns is not None:
            waited = (until - self._waited_ns) / 1e9 / seconds
        return Disturbance(
            load=os.getloadavg()[0],
            stolen=(_stolen_s() - self._stolen_s) / seconds / (os.cpu_count() or 1),
            waited=waited,
            switches=(involuntary_switches(self._measured) - self._switches) / seconds,
        )


def _stolen_s() -> float:
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _waited_ns(processes: Sequence[psutil.Process]) -> int | None:
    """How long their main threads have waited in the queue of a core, as Linux counts it."""
    total = 0
    for process in processes:
        try:
            told = Path(f"/proc/{process.pid}/schedstat").read_text()
        except OSError:
            return None
        total += int(told.split()[1])
    return total
