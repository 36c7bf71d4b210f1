"""What every command needs first: the settings, and where the engines are."""

import os
from pathlib import Path
from typing import Any

import click
import msgspec

from server.environment import SettingsError
from server.local.datadir import secret_key, write_private
from server.local.urls import find_engines
from server.settings import Settings, load, with_engines, with_origin, with_secret_key


def environ() -> dict[str, str]:
    """The environment, over what the file ``.env`` of the working directory says.

    Raises:
        SettingsError: a line of that file is no ``NAME=value``.
    """
    return {**_dotenv(Path(".env")), **os.environ}


def _dotenv(file: Path) -> dict[str, str]:
    try:
        text = file.read_text("utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f".env: cannot be read: {error}") from error
    values = {}
    for number, line in enumerate(text.splitlines(), 1):
        name, equals, value = (part.strip() for part in line.partition("="))
        if not name or name.startswith("#"):
            continue
        if not equals or not name.isidentifier():
            raise SettingsError(f".env: line {number} is no NAME=value")
        quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'"
        values[name] = value[1:-1] if quoted else value
    return values


def settings_of_environment() -> Settings:
    """Raises SettingsError: one line that names the variable."""
    return load(environ())


def settings_of_running() -> Settings:
    """The settings with both addresses: those of the environment, else those of a running `serve`.

    Raises:
        SettingsError: a variable cannot be used.
        click.ClickException: an address is unset and nobody serves from DATA_DIR.
    """
    settings = settings_of_environment()
    if not settings.starts_engines:
        return settings
    found = find_engines(Path(settings.data_dir))
    if found is None:
        raise click.ClickException(
            f"nothing serves from DATA_DIR={settings.data_dir}; start `make serve` there, or set "
            "DATABASE_URL and REDIS_URL"
        )
    settings = with_engines(
        settings, database_url=found.database_url, redis_url=found.redis_url, owned=False
    )
    return with_origin(settings, _published_origin(settings))


def publish_origin(settings: Settings) -> None:
    """Let other commands know where private engines are served: they may have been given another
    PORT, or none."""
    write_private(_origin_file(settings), settings.origin.encode())


def _published_origin(settings: Settings) -> str:
    try:
        return _origin_file(settings).read_text("utf-8")
    except OSError:  # it has not come that far yet
        return settings.origin


def _origin_file(settings: Settings) -> Path:
    return Path(settings.data_dir) / "origin"


def with_secret(settings: Settings) -> Settings:
    """The settings with a secret key: the one given, else the one kept beside private engines.

    Raises:
        SettingsError: there are no private engines, so nobody else could know a key of our making.
    """
    if settings.secret_key is not None:
        return settings
    if not settings.starts_engines:
        raise SettingsError(
            "SECRET_KEY: required where DATABASE_URL and REDIS_URL are set; the same for every "
            "process, at least 32 random characters"
        )
    return with_secret_key(settings, secret_key(Path(settings.data_dir)))


def show(answer: dict[str, Any], *, as_json: bool, text: str) -> None:
    """The answer of a command on standard output: one JSON object, or ``text`` for people."""
    click.echo(msgspec.json.encode(answer).decode() if as_json else text)
