"""Commands find the engines, and the secret that goes with them."""

from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from server.cli.context import (
    publish_origin,
    settings_of_environment,
    settings_of_running,
    show,
    with_secret,
)
from server.environment import SettingsError
from server.local.engines import engines_running
from server.settings import load, with_port

OUTSIDE = {"DATABASE_URL": "postgresql://db/x", "REDIS_URL": "redis://cache"}


def test_addresses_of_the_environment_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in OUTSIDE.items():
        monkeypatch.setenv(name, value)
    assert settings_of_running().engines == ("postgresql://db/x", "redis://cache")


def test_engines_of_a_running_serve_are_found_through_its_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with pytest.raises(click.ClickException, match="nothing serves"):
        settings_of_running()
    with engines_running(tmp_path / "data", fsync=False) as urls:
        assert settings_of_running().engines == (urls.database_url, urls.redis_url)
    with pytest.raises(click.ClickException, match="nothing serves"):
        settings_of_running()


def test_links_lead_to_where_it_is_really_served(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    monkeypatch.setenv("DATA_DIR", str(tmp_path / "data"))
    with engines_running(tmp_path / "data", fsync=False):
        publish_origin(with_port(settings_of_environment(), 4711))
        assert settings_of_running().origin == "http://127.0.0.1:4711"


def test_a_dotenv_file_is_read_and_the_environment_wins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOST", "::1")
    Path(".env").write_text('# note\n\nHOST=127.0.0.2\nPORT = 9000\nPUBLIC_URL="https://a.b"\n')
    settings = settings_of_environment()
    assert (settings.host, settings.port, settings.origin) == ("::1", 9000, "https://a.b")
    Path(".env").write_text("PORT=1\nPORT 2\n")
    with pytest.raises(SettingsError, match=r"^\.env: line 2 "):
        settings_of_environment()


def test_a_secret_key_is_made_once_beside_private_engines(tmp_path: Path) -> None:
    settings = load({"DATA_DIR": str(tmp_path / "data")})
    first = with_secret(settings).secret_key
    assert first is not None
    assert with_secret(settings).secret_key == first


def test_a_secret_key_is_required_where_nothing_is_private() -> None:
    with pytest.raises(SettingsError, match=r"^SECRET_KEY: "):
        with_secret(load(OUTSIDE))
    given = load({**OUTSIDE, "SECRET_KEY": "k" * 32})
    assert with_secret(given) is given


@pytest.mark.parametrize(("as_json", "expected"), [(True, '{"key":"ck_1"}\n'), (False, "made\n")])
def test_an_answer_is_one_object_or_a_text(as_json: bool, expected: str) -> None:
    @click.command()
    def answer() -> None:
        show({"key": "ck_1"}, as_json=as_json, text="made")

    assert CliRunner().invoke(answer).stdout == expected
