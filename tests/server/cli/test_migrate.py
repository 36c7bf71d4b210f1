"""``migrate`` from the shell."""

import pytest
from click.testing import CliRunner

from server.cli.main import cli
from server.local.engines import EngineUrls
from server.migrations.upgrade import head


def test_migrating_again_changes_nothing_and_says_where_the_database_is(
    migrated: EngineUrls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", migrated.database_url)
    monkeypatch.delenv("REDIS_URL", raising=False)
    done = CliRunner().invoke(cli, ["migrate"])
    assert done.exit_code == 0
    assert done.stdout == f"the database is at revision {head()}\n"
