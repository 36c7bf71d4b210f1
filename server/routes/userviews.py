"""Users as admins see them."""

from datetime import date, datetime
from uuid import UUID

from msgspec import Struct, structs

from billing.figures import Figures
from billing.plans import Plans
from server.domain.money import credits_text, usd_text
from server.persistence.people import Membership, Person
from server.persistence.subscriptions import PlanSource
from server.routes.envelope import Page


class UserView(Struct, frozen=True, kw_only=True, rename="camel"):
    """``issuer``, ``externalId``: whose user this is and what they are called there; null: one who
    signs in here. ``plan``: what holds; ``planSource``: an admin has chosen it, it is that of the
    active subscription, or the default. ``suspendedAt``, ``deletionRequestedAt``:
    since when they are kept out; null: they are not."""

    id: UUID
    email: str | None
    name: str
    role: str
    plan: str
    plan_source: PlanSource
    issuer: str | None
    external_id: str | None
    created_at: datetime
    suspended_at: datetime | None
    deletion_requested_at: datetime | None


class UserListed(UserView, frozen=True, kw_only=True):
    """``spentUsd``: of this month's quota, in dollars."""

    spent_usd: str


class UserPage(Page, frozen=True, kw_only=True):
    items: list[UserListed]


class MembershipView(Struct, frozen=True, kw_only=True):
    """``role``: owner or member. ``pays``: turns in it are charged to the workspace."""

    id: UUID
    name: str
    personal: bool
    pays: bool
    role: str


class QuotaMonth(Struct, frozen=True, kw_only=True, rename="camel"):
    """What a month's turns took of the quota, in dollars; ``limitUsd`` null: there is none."""

    month: date
    spent_usd: str
    held_usd: str
    limit_usd: str | None


class UserRead(UserView, frozen=True, kw_only=True):
    """``keys``: how many API keys work. ``spendable`` is ``credits`` less what is ``held``."""

    workspaces: list[MembershipView]
    keys: int
    credits: str
    held: str
    spendable: str
    month: QuotaMonth


class SignInLink(Struct, frozen=True, kw_only=True, rename="camel"):
    """Whoever opens ``url`` is that user, once."""

    url: str
    expires_at: datetime


class UserCreated(UserView, frozen=True, kw_only=True):
    sign_in_link: SignInLink


def user_view(person: Person, plans: Plans) -> UserView:
    return UserView(
        id=person.id,
        email=person.email,
        name=person.name,
        role=person.role,
        plan=plans.of(person.plan).name,
        plan_source=person.plan_source,
        issuer=person.issuer,
        external_id=person.external_id,
        created_at=person.created_at,
        suspended_at=person.suspended_at,
        deletion_requested_at=person.deletion_requested_at,
    )


def user_read(
    view: UserView, memberships: list[Membership], keys: int, figures: Figures, month: date
) -> UserRead:
    return UserRead(
        **structs.asdict(view),
        workspaces=[MembershipView(**structs.asdict(each)) for each in memberships],
        keys=keys,
        credits=credits_text(figures.balance),
        held=credits_text(figures.held),
        spendable=credits_text(figures.spendable),
        month=QuotaMonth(
            month=month,
            spent_usd=usd_text(figures.quota_spent),
            held_usd=usd_text(figures.quota_held),
            limit_usd=None if figures.quota_limit is None else usd_text(figures.quota_limit),
        ),
    )
