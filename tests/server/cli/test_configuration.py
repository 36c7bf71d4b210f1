"""Every setting is listed, from its one source."""

import re

from server.cli.configuration import example, markdown
from server.environment import describe
from server.settings import Settings, load

NAMES = {known.name for known in describe(Settings)}


def test_every_setting_is_in_both_documents_once() -> None:
    for name in NAMES:
        assert len(re.findall(rf"^#{name}=", example(), re.MULTILINE)) == 1
        assert len(re.findall(rf"^\| `{name}` \|", markdown(), re.MULTILINE)) == 1


def test_the_example_taken_as_it_is_means_the_defaults() -> None:
    lines = re.findall(r"^#([A-Z_]+)=(.*)$", example(), re.MULTILINE)
    assert {name for name, _ in lines} == NAMES
    assert load(dict(lines)) == load({})
