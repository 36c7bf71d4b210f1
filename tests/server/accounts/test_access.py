"""What a principal may do is decided in one place."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from server.accounts.access import (
    ANY_SCOPE,
    Principal,
    Scope,
    allows,
    check,
    narrowed,
    own_account,
    require,
)
from server.domain.errors import Forbidden
from server.domain.ids import UserId, WorkspaceId, new_id

SOME = st.none() | st.frozensets(st.sampled_from([str(scope) for scope in Scope]))


def principal(role: str = "user", scopes: set[str] | None = None) -> Principal:
    user = UserId(new_id())
    return Principal(
        user_id=user,
        workspace_id=WorkspaceId(new_id()),
        account_id=own_account(user),
        email="a@example.com",
        name="A",
        role=role,
        plan="starter",
        scopes=None if scopes is None else frozenset(scopes),
        credential_kind="key",
        credential_id=new_id(),
    )


def test_without_scopes_everything_of_the_user_is_allowed() -> None:
    for scope in Scope:
        require(principal(), scope)
    check(principal(), None, admin=False)


@pytest.mark.parametrize("scope", list(Scope))
def test_a_narrowed_key_has_its_scopes_and_no_other(scope: Scope) -> None:
    narrowed = principal(scopes={scope})
    assert [other for other in Scope if allows(narrowed, other)] == [scope]
    check(narrowed, scope, admin=False)
    check(narrowed, ANY_SCOPE, admin=False)
    with pytest.raises(Forbidden):
        check(narrowed, None, admin=False)


def test_no_scope_makes_an_admin_and_an_admins_key_needs_it() -> None:
    reads = Scope.ADMIN_READ
    with pytest.raises(Forbidden):
        check(principal(scopes={reads}), reads, admin=True)
    with pytest.raises(Forbidden):
        check(principal("admin", {Scope.READ}), reads, admin=True)
    check(principal("admin"), None, admin=True)
    check(principal("admin", {reads}), reads, admin=True)
    with pytest.raises(Forbidden) as refused:
        require(principal(scopes=set()), Scope.TURNS)
    assert refused.value.metadata == {"scope": "turns"}


def test_a_key_for_one_workspace_does_nothing_that_concerns_the_account() -> None:
    bound = structs.replace(principal(), is_bound=True)
    check(bound, Scope.TURNS, admin=False)
    check(bound, ANY_SCOPE, admin=False)
    with pytest.raises(Forbidden):
        check(bound, None, admin=False)


@given(SOME, SOME)
def test_what_is_narrowed_allows_what_both_do(
    one: frozenset[str] | None, other: frozenset[str] | None
) -> None:
    both = structs.replace(principal(), scopes=narrowed(one, other))
    for scope in Scope:
        each = (structs.replace(both, scopes=scopes) for scopes in (one, other))
        assert allows(both, scope) == all(allows(single, scope) for single in each)
