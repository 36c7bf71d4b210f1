"""Passwords: hashed once, compared the same way whoever asks."""

import time

import pytest
from argon2 import PasswordHasher

from server.accounts.passwords import PASSWORD_MAX, Passwords
from server.domain.errors import Invalid

CHEAP = PasswordHasher(time_cost=1, memory_cost=1_024, parallelism=1)


async def test_a_password_is_known_again_and_no_other_is() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert stored.startswith("$argon2id$")
    assert await passwords.verify("correct horse", stored)
    assert not await passwords.verify("correct horsf", stored)
    assert not await passwords.verify("", stored)
    assert stored != await passwords.hash("correct horse")


async def test_the_same_letters_typed_otherwise_are_the_same_password() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("cafe\u0301 au lait")
    assert await passwords.verify("caf\u00e9 au lait", stored)


@pytest.mark.parametrize("password", ["", "short77", "x" * (PASSWORD_MAX + 1)])
async def test_lengths_are_bounded(password: str) -> None:
    with pytest.raises(Invalid) as refused:
        await Passwords(CHEAP).hash(password)
    assert refused.value.path == "$.password"


async def test_a_longer_password_is_not_the_one_it_begins_with() -> None:
    passwords = Passwords(CHEAP)
    stored = await passwords.hash("x" * PASSWORD_MAX)
    assert not await passwords.verify("x" * (PASSWORD_MAX + 1), stored)


async def test_nobody_takes_as_long_as_somebody() -> None:
    passwords = Passwords()
    stored = await passwords.hash("correct horse")
    assert not await passwords.verify("nobody's password", None)

    async def best(against: str | None) -> float:
        times = []
        for _ in range(5):
            began = time.perf_counter()
            await passwords.verify("wrong password", against)
            times.append(time.perf_counter() - began)
        return min(times)

    somebody, nobody = await best(stored), await best(None)
    assert 0.4 < nobody / somebody < 2.5


async def test_garbage_in_the_database_is_no_password() -> None:
    assert not await Passwords(CHEAP).verify("x", "not a hash")


async def test_a_hash_made_at_another_cost_is_outdated() -> None:
    stored = await Passwords(CHEAP).hash("correct horse")
    assert Passwords().is_outdated(stored)
    assert not Passwords(CHEAP).is_outdated(stored)
