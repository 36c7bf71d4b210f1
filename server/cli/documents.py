"""Documents made from the code: what can be printed, and what the repository keeps of it."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import click
from msgspec import json

from server import parts
from server.cli import configuration
from server.routes import manual
from server.routes.asyncapi import asyncapi as asyncapi_document
from server.routes.catalogue import OPERATIONS
from server.routes.openapi import openapi as openapi_document
from server.routes.typescript import wire as wire_types

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"

KEPT: dict[str, Callable[[], str]] = {
    ".env.example": configuration.example,
    "docs/configuration.md": configuration.markdown,
    **{f"docs/{page}": partial(manual.render, page, DOCS) for page in manual.PAGES},
    "static/src/core/wire.gen.ts": lambda: wire_types(OPERATIONS),
}
"""Files of the repository that are generated, each with what generates it."""


@click.command()
def openapi() -> None:
    """Print the REST interface as an OpenAPI 3.1 document."""
    _print(openapi_document(OPERATIONS, version=parts.product_version()))


@click.command()
def asyncapi() -> None:
    """Print the WebSocket protocols as an AsyncAPI 3 document."""
    _print(asyncapi_document(version=parts.product_version()))


@click.command()
def wire() -> None:
    """Print every type that crosses the wire, as TypeScript."""
    click.echo(wire_types(OPERATIONS), nl=False)


@click.command()
def docs() -> None:
    """Write the generated documents of this repository anew.

    For developers: the suite fails when a document differs from what the code says.
    """
    for path, make in KEPT.items():
        file, fresh = ROOT / path, make()
        if file.is_file() and file.read_text("utf-8") == fresh:
            continue
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(fresh, "utf-8")
        click.echo(f"wrote {path}")


def _print(document: dict[str, object]) -> None:
    click.echo(json.format(json.encode(document), indent=2).decode())
