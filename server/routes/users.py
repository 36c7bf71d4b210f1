"""Users, for admins: found, made, changed, kept out and let in again. All of it is audited."""

from typing import Annotated
from uuid import UUID

from msgspec import UNSET, Meta, Struct, UnsetType, structs

from billing import monthspend
from billing.plans import PlanName
from server.accounts.access import Scope, UserRole, own_account
from server.accounts.administration import Change, Changed, change_user
from server.accounts.emails import EMAIL_MAX, normalise
from server.accounts.provisioning import NAME_MAX, NewPerson, shown_name
from server.domain.clock import month_of
from server.domain.errors import Conflict, Forbidden, Invalid, NotFound
from server.domain.ids import UserId, WorkspaceId, new_id
from server.domain.money import usd_text
from server.persistence import people
from server.persistence.database import Tx
from server.persistence.people import PeopleFilter
from server.routes import audit, cursors, subscriptions, usersignin
from server.routes.calls import Call
from server.routes.cursors import ListQuery
from server.routes.named import NAMED, NamedQuery, person_named, person_of, user_named
from server.routes.operations import Access, Operation
from server.routes.usersignin import PATH, TAG
from server.routes.userviews import (
    UserCreated,
    UserListed,
    UserPage,
    UserRead,
    UserView,
    user_read,
    user_view,
)
from server.turns.feed import QuotaEvent
from server.turns.onboarding import Welcome, create_user
from server.turns.planchanges import follow

Name = Annotated[str, Meta(min_length=1, max_length=NAME_MAX)]

IDS_MAX = 100 * 37
"""Characters of as many ids as a page may hold."""


class UsersQuery(ListQuery, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``q``: part of the e-mail address or the name, the beginning of the externalId, or the id.
    ``id``: ids, with commas between them; whoever is no more is not in the answer."""

    q: Annotated[str, Meta(min_length=1, max_length=300)] | None = None
    id: Annotated[str, Meta(min_length=1, max_length=IDS_MAX)] | None = None
    role: UserRole | None = None
    suspended: bool | None = None


class CreateUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``name`` absent: what stands before the @; ``plan`` absent: starter, until one is chosen."""

    email: Annotated[str, Meta(min_length=3, max_length=EMAIL_MAX)]
    name: Name | UnsetType = UNSET
    role: UserRole = UserRole.USER
    plan: PlanName | None = None


class ChangeUser(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What is absent stays. ``plan`` null: the one that nobody chose."""

    name: Name | UnsetType = UNSET
    role: UserRole | UnsetType = UNSET
    plan: PlanName | UnsetType | None = UNSET
    suspended: bool | UnsetType = UNSET


class SetPlan(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """``plan`` null: the one that nobody chose."""

    plan: PlanName | None


async def list_users(call: Call) -> UserPage:
    query, services = call.query(UsersQuery), call.services
    before = cursors.read(query.cursor, UUID)
    fits = PeopleFilter(
        search=query.q, ids=_ids(query.id), role=query.role, suspended=query.suspended
    )
    async with services.database.snapshot() as tx:
        found = await people.list_people(tx, fits, before=before, limit=query.limit + 1)
        spent = await monthspend.spent_by(
            tx, [person.id for person in found], month_of(services.clock())
        )
    shown, last = cursors.page(found, query.limit)
    return UserPage(
        items=[
            UserListed(
                **structs.asdict(user_view(person, services.plans)),
                spent_usd=usd_text(spent.get(person.id, 0)),
            )
            for person in shown
        ],
        next_cursor=cursors.write(last.id) if last else None,
    )


def _ids(text: str | None) -> frozenset[UUID] | None:
    if text is None:
        return None
    try:
        return frozenset(UUID(part) for part in text.split(","))
    except ValueError:
        raise Invalid("Expected ids, with commas between them.", path="$query.id") from None


async def read_user(call: Call) -> UserRead:
    services, now = call.services, call.services.clock()
    month = month_of(now)
    async with services.database.snapshot() as tx:
        person = await person_named(tx, call)
        limit = services.plans.of(person.plan, person.own_limits).quota_usd
        return user_read(
            user_view(person, services.plans),
            await people.list_memberships(tx, person.id),
            await people.count_valid_keys(tx, person.id, now),
            await services.ledger.figures(
                tx, own_account(person.id), UserId(person.id), month, limit
            ),
            month,
        )


async def make_user(call: Call) -> UserCreated:
    body, services = call.body(CreateUser), call.services
    email = normalise(body.email)
    person = NewPerson(
        user_id=UserId(new_id()),
        workspace_id=WorkspaceId(new_id()),
        email=email,
        name=email.partition("@")[0] if isinstance(body.name, UnsetType) else shown_name(body.name),
        role=body.role,
        plan=None if body.plan is None else body.plan.value,
    )
    welcome = Welcome(credits=services.settings.signup_credits, transfer_id=new_id())
    shown = {"role": person.role.value, "plan": person.plan}

    async def make(tx: Tx) -> UserCreated:
        await create_user(tx, services.ledger, person, welcome)
        await audit.record(
            tx,
            call,
            action="user.create",
            target_kind="user",
            target_id=person.user_id,
            after=shown,
        )
        made = await person_of(tx, person.user_id)
        return UserCreated(
            **structs.asdict(user_view(made, services.plans)),
            sign_in_link=await usersignin.new_link(tx, call, made),
        )

    return await services.database.run(make)


async def update_user(call: Call) -> UserView:
    body = call.body(ChangeUser)
    plan = body.plan.value if isinstance(body.plan, PlanName) else body.plan
    name = shown_name(body.name) if isinstance(body.name, str) else body.name
    wanted = Change(name=name, role=body.role, plan=plan, suspended=body.suspended)
    return await _change(call, wanted)


async def set_plan(call: Call) -> UserView:
    plan = call.body(SetPlan).plan
    return await _change(call, Change(plan=None if plan is None else plan.value))


async def delete_user(call: Call) -> None:
    services = call.services
    async with services.database.snapshot() as tx:
        person = await person_named(tx, call)

    async def note(tx: Tx) -> None:
        await audit.record(
            tx,
            call,
            action="user.delete",
            target_kind="user",
            target_id=person.id,
            before={"role": person.role, "plan": person.ai_plan},
        )

    await services.leaver.ask(person.id, note, actor=call.caller.user_id)


async def _change(call: Call, wanted: Change) -> UserView:
    services, actor, now = call.services, call.caller.user_id, call.services.clock()

    async def change(tx: Tx) -> tuple[Changed, list[QuotaEvent]]:
        named = await user_named(tx, call)
        changed = await change_user(tx, named, wanted, actor=actor, now=now)
        for step in changed.steps:
            await audit.record(
                tx,
                call,
                action=step.action,
                target_kind="user",
                target_id=named,
                before=step.before,
                after=step.after,
            )
        return changed, await follow(tx, services.plans, named, changed.before, now=now)

    changed, told = await services.database.run(change)
    changed.tell(services.accounts.endings)
    services.thresholds.tell(changed.person.id, told)
    return user_view(changed.person, services.plans)


OPERATIONS = (
    Operation(
        method="GET",
        path="/api/admin/users",
        handler=list_users,
        scope=Scope.ADMIN_READ,
        summary="Users, newest first: all, or those that a search and filters leave.",
        tag=TAG,
        access=Access.ADMIN,
        query=UsersQuery,
        response=UserPage,
        errors=(Forbidden,),
    ),
    Operation(
        method="POST",
        path="/api/admin/users",
        handler=make_user,
        summary="Make a user, with first credits; answers a sign-in link for them.",
        tag=TAG,
        access=Access.ADMIN,
        request=CreateUser,
        response=UserCreated,
        status=201,
        errors=(Forbidden, Conflict),
    ),
    # What has more of a path comes first: a name takes in everything.
    *usersignin.OPERATIONS,
    *subscriptions.OPERATIONS,
    Operation(
        method="PUT",
        path=f"{PATH}/plan",
        handler=set_plan,
        scope=Scope.PLANS,
        summary=f"Set a user's plan; it holds from their next turn on. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        request=SetPlan,
        response=UserView,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="GET",
        path=PATH,
        handler=read_user,
        scope=Scope.ADMIN_READ,
        summary=f"One user, with workspaces, keys, balance and this month. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        response=UserRead,
        errors=(Forbidden, NotFound),
    ),
    Operation(
        method="PATCH",
        path=PATH,
        handler=update_user,
        summary=f"Rename a user, give or take the role, suspend or let in again, at once. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        request=ChangeUser,
        response=UserView,
        errors=(Forbidden, NotFound, Conflict),
    ),
    Operation(
        method="DELETE",
        path=PATH,
        handler=delete_user,
        summary=f"Delete a user and everything that is theirs, for good. {NAMED}",
        tag=TAG,
        access=Access.ADMIN,
        query=NamedQuery,
        status=202,
        errors=(Forbidden, NotFound, Conflict),
    ),
)
