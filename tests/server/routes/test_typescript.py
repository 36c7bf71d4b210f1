"""The wire as TypeScript: every struct once, every name as it is on the wire."""

import shutil
import subprocess
from pathlib import Path
from typing import Any, Literal

import pytest
from msgspec import UNSET, Struct, UnsetType, inspect

from server.protocol import commands, events, feed
from server.routes.asyncapi import members
from server.routes.catalogue import OPERATIONS
from server.routes.typescript import collect, type_text, wire


class Leaf(Struct, rename="camel", tag="leaf"):
    """A ``thing``."""

    some_text: str
    maybe: int | None = None


class Tree(Struct):
    leaves: list[Leaf | int]
    pair: tuple[int, str]
    kind: Literal["a", "b"] | UnsetType = UNSET
    extra: dict[str, Any] = {}


def test_a_struct_is_an_interface_of_its_wire_names() -> None:
    text = wire_of(Tree)
    assert (
        '/** A `thing`. */\nexport interface Leaf {\n  type: "leaf";\n  someText: string;\n'
        "  maybe?: number | null;\n}\n"
    ) in text
    assert "  leaves: (number | Leaf)[];\n" in text or "  leaves: (Leaf | number)[];\n" in text
    assert "  pair: [number, string];\n" in text
    assert '  kind?: "a" | "b";\n' in text
    assert "  extra?: Record<string, unknown>;\n" in text
    assert text.index("interface Leaf") < text.index("interface Tree")


def wire_of(kind: type) -> str:
    from server.routes import typescript

    return "\n".join(typescript._interface(struct) for struct in collect([kind]))


def test_every_message_is_there_and_the_unions_name_them() -> None:
    text = wire()
    for union in (commands.ClientCommand, events.ServerEvent, feed.FeedEvent):
        for kind in members(union):
            assert text.count(f"export interface {kind.__name__} {{") == 1
    assert "export type Outcome = TurnCompleted | TurnFailed | TurnCancelled;\n" in text
    assert "export type ServerEvent =\n  | TurnEvent\n" in text


def test_two_structs_of_one_name_are_refused() -> None:
    other = type("Leaf", (Struct,), {"__annotations__": {"x": int}})
    with pytest.raises(ValueError, match="two structs are called Leaf"):
        collect([Leaf, other])


def test_a_union_inside_a_list_is_bracketed() -> None:
    assert type_text(inspect.type_info(list[int | None])) == "(number | null)[]"
    assert type_text(inspect.type_info(list[int])) == "number[]"


def test_the_compiler_of_the_pages_accepts_it(tmp_path: Path) -> None:
    compiler = Path(__file__).parents[3] / "static" / "node_modules" / ".bin" / "tsc"
    if not compiler.exists() or shutil.which("node") is None:
        pytest.skip("the pages' packages are not installed")
    (tmp_path / "wire.ts").write_text(wire(OPERATIONS))
    done = subprocess.run(
        [compiler, "--noEmit", "--strict", tmp_path / "wire.ts"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout == ""
    assert done.returncode == 0
