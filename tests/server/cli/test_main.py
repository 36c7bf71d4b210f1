"""The command line as a person meets it: help, and failures in one line."""

import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy.exc import OperationalError

from server.cli import main
from server.domain.errors import NotFound
from server.environment import SettingsError
from server.local.errors import DataDirUnusable

ROOT = Path(__file__).parents[3]


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-m", "server", *arguments],
        cwd=ROOT,
        env={**kept, **environ},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.mark.parametrize("name", main.COMMANDS)
def test_every_command_exists_and_explains_itself(name: str) -> None:
    module, _, attribute = main.COMMANDS[name].partition(":")
    command = getattr(import_module(module), attribute)
    assert isinstance(command, click.Command)
    assert command.help
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not isinstance(parameter.type, click.Choice):
            assert parameter.help, f"{name}: {parameter.opts[0]} has no help"


def test_help_lists_every_command() -> None:
    shown = CliRunner().invoke(main.cli, ["--help"])
    assert shown.exit_code == 0
    for name in main.COMMANDS:
        assert f"\n  {name} " in shown.output


def test_a_wrong_setting_is_one_line_and_status_2() -> None:
    done = run("migrate", PORT="eighty", DATA_DIR="/nonexistent")
    assert done.returncode == 2
    assert done.stderr == "Error: PORT: expected int, got 'eighty'\n"
    assert done.stdout == ""


def test_no_engines_anywhere_is_one_line(tmp_path: Path) -> None:
    done = run("migrate", DATA_DIR=str(tmp_path / "none"))
    assert done.returncode == 1
    assert done.stderr.startswith("Error: nothing serves from DATA_DIR=")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_away_is_one_line_without_its_password() -> None:
    done = run(
        "migrate",
        DATABASE_URL="postgresql://me:swordfish@127.0.0.1:1/x",
        REDIS_URL="redis://127.0.0.1:1",
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Error: an engine refused or is away: ")
    assert done.stderr.count("\n") == 1
    assert "swordfish" not in done.stderr


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (SettingsError("PORT: no"), 2),
        (DataDirUnusable("DATA_DIR no"), 1),
        (NotFound("There is no such user."), 1),
        (OperationalError("SELECT secret", {"password": "swordfish"}, Exception("away")), 1),
    ],
)
def test_known_failures_are_told_without_a_traceback(error: Exception, status: int) -> None:
    @click.command()
    def fails() -> None:
        raise error

    group = main.Commands("test")
    group.get_command = lambda ctx, cmd_name: fails  # type: ignore[method-assign] # one command only
    shown = CliRunner().invoke(group, ["fails"])
    assert shown.exit_code == status
    assert shown.output.startswith("Error: ")
    assert "swordfish" not in shown.output
