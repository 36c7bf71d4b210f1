"""What is sealed opens for its own purpose and row alone, and tells when it was touched."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.sealing import HEAD_BYTES, Sealer, Unsealable

OLD, NEW, OTHER = "old" * 12, "new" * 12, "other" * 12
ROW = UUID(int=7)
PURPOSE = "webhook"

SEALER = Sealer(NEW)
SEALED = SEALER.seal(b"whsec_swordfish", purpose=PURPOSE, row=ROW)

purposes = st.text(min_size=1, max_size=20)


@given(st.binary(), purposes, st.uuids())
def test_what_was_sealed_opens_and_does_not_show(value: bytes, purpose: str, row: UUID) -> None:
    sealed = SEALER.seal(value, purpose=purpose, row=row)
    assert SEALER.open(sealed, purpose=purpose, row=row) == value
    assert len(value) < 8 or value not in sealed


@given(st.integers(0, len(SEALED) - 1), st.integers(1, 255))
def test_a_byte_that_was_changed_is_noticed(at: int, by: int) -> None:
    changed = SEALED[:at] + bytes([SEALED[at] ^ by]) + SEALED[at + 1 :]
    with pytest.raises(Unsealable):
        SEALER.open(changed, purpose=PURPOSE, row=ROW)


@given(st.integers(0, len(SEALED) - 1))
def test_what_breaks_off_is_noticed(length: int) -> None:
    with pytest.raises(Unsealable):
        SEALER.open(SEALED[:length], purpose=PURPOSE, row=ROW)


@given(st.binary(max_size=100))
def test_what_was_never_sealed_is_noticed(anything: bytes) -> None:
    with pytest.raises(Unsealable):
        SEALER.open(anything, purpose=PURPOSE, row=ROW)


@given(purposes.filter(lambda text: text != PURPOSE), st.uuids().filter(lambda row: row != ROW))
def test_a_value_cannot_be_moved(purpose: str, row: UUID) -> None:
    for other_purpose, other_row in ((purpose, ROW), (PURPOSE, row), (purpose, row)):
        with pytest.raises(Unsealable):
            SEALER.open(SEALED, purpose=other_purpose, row=other_row)


def test_the_same_value_is_never_sealed_alike() -> None:
    both = {SEALER.seal(b"same", purpose=PURPOSE, row=ROW)[HEAD_BYTES:] for _ in range(2)}
    assert len(both) == 2


def test_a_new_key_opens_what_the_one_before_sealed_until_that_is_taken_away() -> None:
    row = uuid4()
    before = Sealer(OLD).seal(b"token", purpose=PURPOSE, row=row)
    rotating = Sealer(NEW, previous=[OTHER, OLD])
    assert rotating.open(before, purpose=PURPOSE, row=row) == b"token"
    assert rotating.needs_resealing(before)
    after = rotating.seal(b"token", purpose=PURPOSE, row=row)
    assert not rotating.needs_resealing(after)
    assert Sealer(NEW).open(after, purpose=PURPOSE, row=row) == b"token"
    with pytest.raises(Unsealable, match="not known"):
        Sealer(NEW).open(before, purpose=PURPOSE, row=row)


def test_a_process_with_the_old_key_alone_does_not_open_what_the_new_one_sealed() -> None:
    with pytest.raises(Unsealable, match="not known"):
        Sealer(OLD).open(SEALED, purpose=PURPOSE, row=ROW)
