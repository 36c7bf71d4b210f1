"""A module that behaves has its test at its own path."""

import ast
from pathlib import Path

import pytest

from tests.architecture.repository import PACKAGES, ROOT, files, text

ELSEWHERE = {
    "server/__main__.py": "tests/server/cli/test_main.py",
    "server/migrations/upgrade.py": "tests/server/test_migrations.py",
    "server/migrations/env.py": "tests/server/test_migrations.py",
}
"""Modules that another test proves, because they are two lines, or one thing in several files."""


def behaves(path: Path) -> bool:
    """Whether a module does something: a function with a statement beyond its docstring.

    Constants, tables, structs, protocols and a class's one-line properties or overloads do not.
    """
    tree = ast.parse(text(path))
    functions = [
        node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    return any(_does_something(function) for function in functions)


def _does_something(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    body = [
        statement
        for statement in function.body
        if not (isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant))
    ]
    return len(body) > 1 or any(not isinstance(statement, ast.Return) for statement in body)


def modules() -> list[Path]:
    return [
        path
        for path in files(*(f"{package}/**.py" for package in PACKAGES))
        if path.name != "__init__.py" and "versions" not in path.parts
    ]


@pytest.mark.parametrize("path", [path for path in modules() if behaves(path)], ids=str)
def test_a_module_that_behaves_has_its_test(path: Path) -> None:
    own = Path("tests", *path.parts[:-1], f"test_{path.stem.strip('_')}.py")
    expected = ELSEWHERE.get(path.as_posix(), own.as_posix())
    assert (ROOT / expected).is_file(), f"{expected} is missing"


def test_tests_outlive_no_module() -> None:
    known = {path.as_posix() for path in modules()}
    assert set(ELSEWHERE) <= known
