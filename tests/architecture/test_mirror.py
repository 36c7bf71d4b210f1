"""A module that behaves has its test at its own path."""

import ast
from pathlib import Path

import pytest

from tests.architecture.repository import PACKAGES, ROOT, files, text

PROVED_BY = {
    "tests/agents/providers/test_sdk_errors.py": (
        "agents/providers/anthropic_errors.py",
        "agents/providers/openai_errors.py",
    ),
    "tests/server/cli/test_main.py": ("server/__main__.py",),
    "tests/server/test_migrations.py": (
        "server/migrations/env.py",
        "server/migrations/upgrade.py",
    ),
    "tests/server/local/test_datadir.py": ("server/local/errors.py",),
    "tests/server/turns/test_oneshot.py": ("agents/team/clerk.py",),
    "tests/system/test_main_job.py": (
        "server/app.py",
        "server/parts.py",
        "server/process.py",
        "server/team.py",
    ),
}
"""Modules without a test of their own, because they are two lines, put others together, or are one
thing in several files; and the test that goes red when they break. One of its own is better."""

ELSEWHERE = {module: test for test, modules in PROVED_BY.items() for module in modules}


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


def own_test(path: Path) -> Path:
    return Path("tests", *path.parts[:-1], f"test_{path.stem.strip('_')}.py")


@pytest.mark.parametrize("path", [path for path in modules() if behaves(path)], ids=str)
def test_a_module_that_behaves_has_its_test(path: Path) -> None:
    expected = ELSEWHERE.get(path.as_posix(), own_test(path).as_posix())
    assert (ROOT / expected).is_file(), f"{expected} is missing"


def test_the_list_of_exceptions_only_shrinks() -> None:
    known = {path.as_posix() for path in modules()}
    assert set(ELSEWHERE) <= known
    assert [module for module in ELSEWHERE if (ROOT / own_test(Path(module))).is_file()] == []
