"""A setting that nobody reads promises what is not there."""

import re

import pytest

from server.environment import describe
from server.settings import Settings
from tests.architecture.repository import PACKAGES, files, text

FIELD = re.compile(r"^    [a-z_]+: Annotated\[.*$", re.MULTILINE)

READERS = "\n".join(
    FIELD.sub("", text(path)) for path in files(*(f"{package}/**.py" for package in PACKAGES))
)


@pytest.mark.parametrize("name", [known.name.lower() for known in describe(Settings)])
def test_every_setting_is_read_somewhere(name: str) -> None:
    assert re.search(rf"\b{name}\b", READERS)
