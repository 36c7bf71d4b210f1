"""Prompts are Markdown files beside this module, so that one edits them without reading code."""

from functools import cache
from importlib.resources import files


@cache
def prompt(name: str) -> str:
    """The text of ``<name>.md``, without the line end that editors leave behind it."""
    return files(__package__).joinpath(f"{name}.md").read_text(encoding="utf-8").strip()
