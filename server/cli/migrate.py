"""``migrate``: bring the database to the schema of this code."""

import asyncio

import click

from server.cli.context import settings_of_environment, settings_of_running
from server.migrations.upgrade import head, upgrade


@click.command()
def migrate() -> None:
    """Apply the database migrations that are missing.

    Safe while the previous version serves, and when several start it at once: one applies, the
    others wait and find nothing left to do. `serve` does it by itself; in production it is the
    release step.
    """
    settings = settings_of_environment()
    url = settings.database_url or settings_of_running().engines.database
    asyncio.run(upgrade(url))
    click.echo(f"the database is at revision {head()}")
