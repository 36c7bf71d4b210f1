"""Documents made from the code: what can be printed, and what the repository keeps of it."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import click

ROOT = Path(__file__).resolve().parents[2]

KEPT = {
    ".env.example": "server.cli.configuration:example",
    "docs/configuration.md": "server.cli.configuration:markdown",
}
"""Files of the repository that are generated, and the function that returns their text."""


def text_of(path: str) -> str:
    """What the file ``path`` should hold."""
    module, _, name = KEPT[path].partition(":")
    make: Callable[[], str] = getattr(import_module(module), name)
    return make()


@click.command()
def docs() -> None:
    """Write the generated documents of this repository anew.

    For developers: the suite fails when a document differs from what the code says.
    """
    for path in KEPT:
        file = ROOT / path
        fresh = text_of(path)
        if file.is_file() and file.read_text("utf-8") == fresh:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fresh, "utf-8")
        click.echo(f"wrote {path}")
