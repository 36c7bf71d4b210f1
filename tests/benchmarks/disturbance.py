"""What others did to the machine while a figure was taken."""

import os
import re
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
from msgspec import Struct

from tests.benchmarks.processes import involuntary_switches

_PRESSURE = Path("/proc/pressure/cpu")
_STALLED = re.compile(r"^some .*total=(\d+)", re.MULTILINE)


class Disturbance(Struct, frozen=True):
    """``stolen`` and ``waited`` are shares (0 to 1) of the time: taken by the host, and in which
    somebody waited for a core (None: the kernel does not tell). ``switches`` a second are those
    that took the core from what was measured."""

    load: float
    stolen: float
    waited: float | None
    switches: float

    def __str__(self) -> str:
        waited = "" if self.waited is None else f", waiting {self.waited:.0%}"
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
        self._stalled_us = _stalled_us()
        self._switches = involuntary_switches(measured)

    def read(self) -> Disturbance:
        seconds = time.monotonic() - self._began
        stalled = _stalled_us()
        waited = None
        if stalled is not None and self._stalled_us is not None:
            waited = (stalled - self._stalled_us) / 1e6 / seconds
        return Disturbance(
            load=os.getloadavg()[0],
            stolen=(_stolen_s() - self._stolen_s) / seconds / (os.cpu_count() or 1),
            waited=waited,
            switches=(involuntary_switches(self._measured) - self._switches) / seconds,
        )


def _stolen_s() -> float:
    return float(getattr(psutil.cpu_times(), "steal", 0.0))


def _stalled_us() -> int | None:
    try:
        found = _STALLED.search(_PRESSURE.read_text())
    except OSError:
        return None
    return int(found[1]) if found else None
