"""``serve`` as a process: what it starts, prints, refuses, and leaves behind."""

import signal
import socket
from pathlib import Path

import httpx2
import psutil
import pytest

from server.local.engines import EngineUrls
from tests.support.serving import Serve, serving


def all_gone(family: list[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=30)
    assert [child for child in alive if child.status() != psutil.STATUS_ZOMBIE] == []


def test_a_first_start_serves_ends_in_good_order_and_the_next_finds_its_data(
    tmp_path: Path,
) -> None:
    data = str(tmp_path / "data")
    with serving(DATA_DIR=data) as server:
        origin = server.ready()
        links = [line for line in server.lines if line.startswith("sign in as ")]
        assert [line.split()[3] for line in links] == ["creator@example.com:", "admin@example.com:"]
        assert all(f": {origin}/sign-in#" in line for line in links)
        assert httpx2.get(f"{origin}/healthz/ready").status_code == 200
        second = Serve(DATA_DIR=data)
        status, out, err = second.end() if second.process.wait(60) else (0, "", "")
        assert (status, out) == (1, "")
        assert "already serves from" in err
        assert err.count("\n") == 1
        family = server.family()
        status, out, err = server.end()
        assert status == 0
        assert out.startswith("stopping: ")
        assert "#cl_" not in err
        all_gone(family)
    with serving(DATA_DIR=data) as again:
        origin = again.ready()
        assert httpx2.get(f"{origin}/healthz/ready").status_code == 200
        assert again.end(signal.SIGINT)[0] == 0


def test_a_killed_server_leaves_nobody_and_the_next_start_recovers(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as server:
        server.ready()
        family = server.family()
        assert len(family) >= 4
        server.end(signal.SIGKILL)
        all_gone(family)
    with serving(DATA_DIR=str(tmp_path)) as again:
        assert httpx2.get(f"{again.ready()}/healthz/ready").status_code == 200


def test_billing_runs_beside_it_and_comes_back_when_it_dies(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as server:
        server.ready()
        first = server.billing()
        assert first is not None
        first.kill()
        psutil.wait_procs([first], timeout=10)
        second = wait_for_billing(server)
        assert second.pid != first.pid


def wait_for_billing(server: Serve) -> psutil.Process:
    assert server.process.stderr is not None
    for line in server.process.stderr:
        if "billing.started" in line and (found := server.billing()) is not None:
            return found
    raise AssertionError("billing did not come back")


def outside(urls: EngineUrls) -> dict[str, str]:
    return {
        "DATABASE_URL": urls.database_url,
        "REDIS_URL": urls.redis_url,
        "SECRET_KEY": "k" * 32,
    }


def test_web_only_leaves_migration_and_billing_to_others(migrated: EngineUrls) -> None:
    with serving("--web-only", **outside(migrated)) as server:
        origin = server.ready()
        assert httpx2.get(f"{origin}/healthz/ready").status_code == 200
        assert server.family() == []
        assert [line for line in server.lines if "sign in" in line] == []
        assert server.end()[0] == 0


def test_web_only_says_that_migrations_are_missing(engines: EngineUrls) -> None:
    with serving("--web-only", **outside(engines)) as server:
        _, err = server.process.communicate(timeout=60)
    assert server.process.returncode == 1
    assert err.startswith("Error: the database lacks migrations; ")
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("environ", "status", "said"),
    [
        ({"PORT": "http"}, 2, "PORT: expected int, got 'http'"),
        ({"OPENAI_MODELS": "a=1"}, 2, "OPENAI_MODELS: "),
        ({"DEFAULT_MODEL": "openai/none"}, 2, "DEFAULT_MODEL: "),
        ({"HOST": "192.0.2.1"}, 1, "HOST: 192.0.2.1 is not an address of this machine"),
        ({"DATA_DIR": "/dev/null/data"}, 1, "DATA_DIR /dev/null/data cannot be used"),
        (
            {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache"},
            2,
            "SECRET_KEY: required",
        ),
    ],
)
def test_what_cannot_be_used_stops_the_start_with_one_line(
    tmp_path: Path, environ: dict[str, str], status: int, said: str
) -> None:
    with serving(**{"DATA_DIR": str(tmp_path), **environ}) as server:
        out, err = server.process.communicate(timeout=60)
        assert server.process.returncode == status
        assert err.startswith(f"Error: {said}")
        assert err.count("\n") == 1
        assert out == ""


def test_a_taken_port_is_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with serving(DATA_DIR=str(tmp_path), PORT=str(port)) as server:
            _, err = server.process.communicate(timeout=60)
    assert (
        err == f"Error: PORT: {port} is taken on 127.0.0.1; choose another, or 0 for a free one\n"
    )


def test_a_start_that_is_interrupted_ends_at_once_and_cleanly(tmp_path: Path) -> None:
    with serving(DATA_DIR=str(tmp_path)) as server:
        family: list[psutil.Process] = []
        while not family:
            family = server.family()
        assert server.end(signal.SIGINT)[0] == 0
        all_gone(family)
