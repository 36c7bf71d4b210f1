"""What a holder may do, and whose turns they are."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from server.accounts.access import EMBEDDED, Scope, allows
from server.accounts.principals import principal_of
from server.domain.ids import new_id
from server.persistence.holders import Holder

HOLDER = Holder(
    credential_kind="key",
    credential_id=new_id(),
    user_id=new_id(),
    email=None,
    name="Ada",
    role="user",
    plan=None,
    workspace_id=new_id(),
    external_id=None,
    expires_at=None,
)

STORED = st.none() | st.just(["*"]) | st.lists(st.sampled_from([str(scope) for scope in Scope]))


@given(STORED, st.none() | st.frozensets(st.sampled_from([str(scope) for scope in Scope])))
def test_nobody_gets_more_than_the_credential_or_the_way_allows(
    stored: list[str] | None, most: frozenset[str] | None
) -> None:
    holder = structs.replace(HOLDER, scopes=stored)
    whole, narrow = principal_of(holder), principal_of(holder, most)
    for scope in Scope:
        assert allows(narrow, scope) == (allows(whole, scope) and (most is None or scope in most))


@given(STORED)
def test_whom_a_service_key_brings_in_reads_writes_and_runs_turns(stored: list[str]) -> None:
    holder = structs.replace(HOLDER, scopes=stored, sponsor_id=new_id(), issuer="i", role="user")
    found = principal_of(holder)
    assert (found.scopes, found.sponsor_id) == (EMBEDDED, holder.sponsor_id)
    assert found.issuer is None


def test_only_an_admins_key_names_others() -> None:
    key = structs.replace(HOLDER, scopes=["tickets:write"], issuer="i")
    assert principal_of(key).issuer is None
    assert principal_of(structs.replace(key, role="admin")).issuer == "i"


def test_turns_belong_to_the_workspace_of_the_key_and_are_paid_by_it_where_it_pays() -> None:
    own, bound = principal_of(HOLDER), new_id()
    assert (own.workspace_id, own.account_id) == (HOLDER.workspace_id, HOLDER.user_id)
    assert (own.is_bound, own.plan) == (False, "starter")
    for pays, account in ((False, HOLDER.user_id), (True, bound)):
        found = principal_of(structs.replace(HOLDER, bound_id=bound, pays=pays))
        assert (found.workspace_id, found.is_bound, found.account_id) == (bound, True, account)
