"""What a turn finds: asked in one statement, for four stores would take four round trips."""

from datetime import date
from uuid import UUID

from msgspec import convert

from server.domain.configuration import UNCONFIGURED, Configuration
from server.domain.ids import (
    AccountId,
    ConversationId,
    MessageId,
    PresetId,
    TurnId,
    UserId,
    WorkspaceId,
)
from server.domain.turn import LIVE
from server.persistence.database import Snapshot, Tx
from server.persistence.entitlements import ENTITLED, Entitled
from server.persistence.messages import Place
from server.persistence.prepared import Prepared


class Opening(Entitled, frozen=True, kw_only=True, gc=False):
    """``known``: the turn that this client message has started before. ``place`` None: no such
    conversation of this user, or none was named. ``live``: the turn that runs on the message.
    ``plan`` and limits of one's own are those of this moment, in every process.

    ``configuration`` is the user's, of this moment.

    ``balance`` None: there is no such account; it and ``held`` in micro-credits, what the month has
    ``spent`` and holds (``quota_held``) in nano-dollars.
    """

    known: TurnId | None
    place: Place | None
    live: TurnId | None
    balance: int | None
    held: int | None
    spent: int
    quota_held: int
    configuration: Configuration = UNCONFIGURED


_LOOK = Prepared(f"""
SELECT known.id AS known, accounts.balance, accounts.held,
       coalesce(quotas.spent, 0) AS spent, coalesce(quotas.held, 0) AS quota_held,
       place.id AS place, place.workspace_id, place.agent, place.model, place.preset_id,
       place.leaf_message_id, configurations.content AS configuration, {ENTITLED},
       (SELECT id FROM turns
        WHERE conversation_id = place.id
          AND state IN ({", ".join(f"'{state.value}'" for state in LIVE)})
          AND coalesce(CAST(:message AS uuid), place.leaf_message_id)
              IN (message_id, user_message_id)
        LIMIT 1) AS live
FROM (VALUES (0)) AS always
LEFT JOIN users ON users.id = CAST(:user AS uuid)
LEFT JOIN accounts ON accounts.id = CAST(:account AS uuid)
LEFT JOIN quotas ON quotas.user_id = CAST(:user AS uuid) AND quotas.month = CAST(:month AS date)
LEFT JOIN configurations ON configurations.user_id = CAST(:user AS uuid)
LEFT JOIN conversations AS place
       ON place.id = CAST(:conversation AS uuid) AND place.user_id = CAST(:user AS uuid)
      AND place.deleted_at IS NULL
LEFT JOIN turns AS known
       ON known.user_id = CAST(:user AS uuid)
      AND known.client_message_id = CAST(:client_message AS uuid)
""")  # noqa: S608 - states and columns are ours


async def look(
    tx: Tx | Snapshot,
    *,
    user: UserId,
    account: AccountId,
    month: date,
    client_message: UUID | None,
    conversation: UUID | None,
    message: UUID | None,
) -> Opening:
    """``message``: where the turn would continue; None: at the conversation's tip."""
    row = await _LOOK.one(
        tx,
        user=user,
        account=account,
        month=month,
        client_message=client_message,
        conversation=conversation,
        message=message,
    )
    place = row["place"] and Place(
        id=ConversationId(row["place"]),
        workspace_id=WorkspaceId(row["workspace_id"]),
        agent=row["agent"],
        model=row["model"],
        preset_id=row["preset_id"] and PresetId(row["preset_id"]),
        leaf_message_id=row["leaf_message_id"] and MessageId(row["leaf_message_id"]),
    )
    configured = row["configuration"]
    return Opening(
        known=row["known"],
        place=place,
        live=row["live"],
        balance=row["balance"],
        held=row["held"],
        spent=row["spent"],
        quota_held=row["quota_held"],
        configuration=UNCONFIGURED if configured is None else convert(configured, Configuration),
        plan=row["plan"],
        own_quota_usd=row["own_quota_usd"],
        own_requests_per_hour=row["own_requests_per_hour"],
        own_running_turns=row["own_running_turns"],
    )
