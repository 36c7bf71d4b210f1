"""The command line: one group, a module a command, loaded only when it is called."""

import sys
from importlib import import_module
from typing import Any

import click
from sqlalchemy.exc import DBAPIError

from server.domain.errors import AppError
from server.environment import SettingsError
from server.local.errors import LocalEngineError

COMMANDS = {
    "serve": "server.cli.serve:serve",
    "migrate": "server.cli.migrate:migrate",
    "reconcile": "server.cli.reconcile:reconcile",
    "deadletters": "server.cli.deadletters:deadletters",
    "user": "server.cli.users:user",
    "keys": "server.cli.keys:keys",
    "credits": "server.cli.credits:credits",
    "prices": "server.cli.prices:prices",
    "months": "server.cli.months:months",
    "openapi": "server.cli.documents:openapi",
    "asyncapi": "server.cli.documents:asyncapi",
    "wire": "server.cli.documents:wire",
    "configuration": "server.cli.configuration:configuration",
    "docs": "server.cli.documents:docs",
}
"""Where each command lives. Serving imports much that printing a document does not need."""


class WrongSetting(click.ClickException):
    """A setting cannot be used; the exit status is that of a wrong call."""

    exit_code = 2


class Commands(click.Group):
    """Imports a command when it is asked for, and turns known failures into one line."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except SettingsError as error:
            raise WrongSetting(str(error)) from error
        except (LocalEngineError, AppError) as error:
            raise click.ClickException(str(error)) from error
        except (DBAPIError, OSError) as error:
            raise click.ClickException(f"an engine refused or is away: {_first(error)}") from error


def _first(error: BaseException) -> str:
    # SQLAlchemy appends the statement and its parameters, which may hold what must not be shown.
    cause = getattr(error, "orig", None) or error
    return (str(cause).splitlines() or [type(cause).__name__])[0]


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """Causerie: a real-time conversation server for AI agents, with the meter running.

    Settings are environment variables, listed in docs/configuration.md. Every command but `serve`
    finds the private engines of a running `serve` through DATA_DIR, or takes the ones that
    DATABASE_URL and REDIS_URL name.
    """


def main() -> None:
    cli(prog_name="python -m server" if sys.argv[0].endswith("__main__.py") else None)
