"""Schemas and the table of errors, as both interface documents use them."""

from server.domain.errors import Internal, Violation
from server.protocol.commands import ClientCommand, StartTurn
from server.routes.schemas import (
    components,
    error_classes,
    error_codes,
    meaning,
    without_discriminators,
)


def test_named_schemas_are_referred_to_and_described_in_markdown() -> None:
    (schema,), named = components([StartTurn])
    assert schema == {"$ref": "#/components/schemas/StartTurn"}
    assert "``" not in named["StartTurn"]["description"]
    assert list(named) == sorted(named)


def test_discriminators_can_be_left_out_everywhere() -> None:
    _, named = components([ClientCommand])
    assert "discriminator" in str(named)
    assert "discriminator" not in str(without_discriminators(named))


def test_the_table_of_errors_has_every_code_once_and_no_bare_branch() -> None:
    codes = error_codes()
    assert codes[0] == Internal.code
    assert len(codes) == len(set(codes))
    described = [kind for kind in error_classes() if not issubclass(kind, Violation)]
    assert len(described) == len(codes)
    assert all(meaning(kind).endswith(".") for kind in described)
