"""A process dies where it was told to, and nowhere else."""

import signal
import subprocess
import sys

import pytest

from server import failpoints
from server.environment import SettingsError
from server.settings import load


def die_at(points: str, *reached: str) -> int:
    """The exit status of a process that reaches these places one after the other."""
    script = (
        "from server import failpoints; import sys;"
        f"failpoints.arm(failpoints.parse({points!r}));"
        f"[failpoints.reach(name) for name in {list(reached)}]"
    )
    return subprocess.run([sys.executable, "-c", script], check=False, timeout=30).returncode


def test_it_dies_at_the_named_place_when_its_turn_has_come() -> None:
    points = "relay.sent@2, worker.read@1"
    assert die_at(points, "relay.sent", "relay.marked") == 0
    assert die_at(points, "relay.sent", "relay.sent") == -signal.SIGKILL
    assert die_at(points, "worker.read") == -signal.SIGKILL


@pytest.mark.parametrize("text", ["relay", "relay.sent", "relay.sent@0", "relay.sent@x", ","])
def test_a_place_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"none of|expected"):
        failpoints.parse(text)


@pytest.mark.parametrize(
    "environ",
    [
        {"DATABASE_URL": "postgresql://db.example.com/causerie"},
        {"DATABASE_URL": "postgresql:///causerie?host=db.example.com"},
        {"REDIS_URL": "rediss://cache.example.com:6379/0"},
        {"ELASTICACHE_REDIS_HOST": "cache.example.com"},
        {"PUBLIC_URL": "https://chat.example.com"},
    ],
)
def test_production_refuses_them(environ: dict[str, str]) -> None:
    with pytest.raises(SettingsError, match=r"^FAILPOINTS: "):
        load({"FAILPOINTS": "relay.sent@1", **environ})


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {"DATABASE_URL": "postgresql://me@127.0.0.1:5433/causerie"},
        {"DATABASE_URL": "postgresql:///causerie?host=/run/postgresql"},
        {"REDIS_URL": "unix:///run/valkey.sock"},
    ],
)
def test_rehearsals_may_have_them(environ: dict[str, str]) -> None:
    assert load({"FAILPOINTS": "relay.sent@3", **environ}).failpoints == {"relay.sent": 3}
