"""``configuration``: every setting, as a document or as an example file, from its one source."""

from collections.abc import Iterator
from itertools import groupby

import click

from server.environment import Setting, describe
from server.settings import Settings

INTRODUCTION = """\
# Configuration

Settings are environment variables, read once at start. A value that cannot be used stops the start
with one line that names the variable; an empty value counts as unset. Where a file `.env` lies in
the working directory, it is read too, and the environment wins.

Nothing has to be set to try the product: `make serve` starts private engines and answers with the
`demo` provider. In production set at least `DATABASE_URL`, `REDIS_URL`, `SECRET_KEY` and
`PUBLIC_URL`, and a provider's key.
"""

GENERATED = "Generated from `server/settings.py` by `make docs`."


@click.command()
@click.option(
    "--format",
    "style",
    type=click.Choice(["markdown", "env"]),
    default="markdown",
    show_default=True,
    help="The document, or an example of a .env file.",
)
def configuration(style: str) -> None:
    """Print every setting with its default and what it is for."""
    click.echo(markdown() if style == "markdown" else example(), nl=False)


def markdown() -> str:
    """``docs/configuration.md``."""
    parts = [INTRODUCTION]
    for group, settings in _groups():
        rows = [
            f"| `{known.name}` | {_default(known)} | {known.description} |" for known in settings
        ]
        table = "\n".join(["| variable | default | |", "| --- | --- | --- |", *rows])
        parts.append(f"## {group}\n\n{table}\n")
    return "\n".join([*parts, f"{GENERATED}\n"])


def example() -> str:
    """``.env.example``: every line a comment, so that a copy changes nothing by itself."""
    lines = ["# Copy to .env and take the # off the lines you change. See docs/configuration.md."]
    for group, settings in _groups():
        lines += ["", f"# --- {group} ---"]
        for known in settings:
            lines += [f"# {known.description.replace('`', '')}", f"#{known.name}={_literal(known)}"]
    return "\n".join(lines) + "\n"


def _groups() -> Iterator[tuple[str, list[Setting]]]:
    for group, settings in groupby(describe(Settings), key=lambda known: known.group):
        yield group, list(settings)


def _default(known: Setting) -> str:
    if known.default is None:
        return ""
    return known.default if known.is_words else f"`{known.default}`"


def _literal(known: Setting) -> str:
    return "" if known.default is None or known.is_words else known.default
