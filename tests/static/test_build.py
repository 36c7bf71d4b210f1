"""The pages are built when their sources changed, and at no other time."""

import os
import stat
from pathlib import Path

import pytest

from static import build as pages

NPM = """#!/bin/sh
echo "$@" >> ../calls
case "$*" in
ci*) mkdir -p node_modules ;;
*build)
    [ -f broken ] && echo "no such module" && exit 1
    mkdir -p dist && echo page > dist/index.html ;;
esac
"""


@pytest.fixture
def static(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A front end, and a Node whose npm writes down what it is asked."""
    folder = tmp_path / "static"
    (folder / "src").mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "src/main.ts"):
        (folder / name).write_text(name)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name, script in {"node": "#!/bin/sh\necho v20.19.1\n", "npm": NPM}.items():
        (programs / name).write_text(script)
        (programs / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setattr(pages, "STATIC", folder)
    monkeypatch.setattr(pages, "DIST_STAMP", folder / "dist" / ".stamp")
    monkeypatch.setattr(pages, "MODULES_STAMP", folder / "node_modules" / ".stamp")
    return folder


def calls(static: Path) -> list[str]:
    asked = static.parent / "calls"
    lines = asked.read_text().splitlines() if asked.exists() else []
    asked.unlink(missing_ok=True)
    return [line.split()[0] for line in lines]


def test_a_second_build_does_nothing(static: Path) -> None:
    pages.build()
    assert calls(static) == ["ci", "run"]
    pages.build()
    assert calls(static) == []


def test_a_changed_source_is_built_again_with_the_packages_that_are_there(static: Path) -> None:
    pages.build()
    calls(static)
    (static / "src" / "main.ts").write_text("changed")
    pages.build()
    assert calls(static) == ["run"]


def test_tests_and_built_pages_are_no_sources(static: Path) -> None:
    pages.build()
    before = pages.digest(pages.sources())
    (static / "test").mkdir()
    (static / "test" / "main.test.ts").write_text("x")
    (static / "dist" / "index.html").write_text("x")
    calls(static)
    assert pages.digest(pages.sources()) == before


def test_a_build_that_fails_leaves_no_stamp(
    static: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    pages.build()
    (static / "broken").write_text("")
    with pytest.raises(pages.Failed, match="npm run build ended with status 1"):
        pages.build()
    assert "no such module" in capfd.readouterr().err
    assert not pages.DIST_STAMP.exists()


@pytest.mark.parametrize(
    ("told", "version"), [("v20.19.1", (20, 19)), ("v18.0.0", (18, 0)), ("nonsense", (0, 0))]
)
def test_the_version_of_a_node(tmp_path: Path, told: str, version: tuple[int, int]) -> None:
    program = tmp_path / "node"
    program.write_text(f"#!/bin/sh\necho {told}\n")
    program.chmod(stat.S_IRWXU)
    assert pages.version(str(program)) == version


def test_a_node_that_is_not_there_has_no_version(tmp_path: Path) -> None:
    assert pages.version(str(tmp_path / "none")) == (0, 0)
