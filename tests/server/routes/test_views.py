"""What is stored, as HTTP shows it: absent where there is nothing, exact where there is money."""

from datetime import UTC, datetime

import msgspec
import pytest
from msgspec import structs

from server.domain.ids import new_id
from server.persistence.branches import Message
from server.persistence.conversations import Conversation
from server.routes.views import conversation_view, message_view

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RECEIPT = {
    "held": "1",
    "charged": "0.5",
    "released": "0.5",
    "costUsd": "0.0005",
    "chargedUsd": "0.0005",
    "calls": [],
}
ANSWER = Message(
    id=new_id(),
    parent_id=None,
    role="assistant",
    text="Hello",
    parts=None,
    agent="assistant",
    model=None,
    turn_id=new_id(),
    state="complete",
    created_at=NOW,
    siblings=[],
    outcome={"type": "turn.completed", "receipt": RECEIPT},
)


def shown(message: Message) -> dict[str, object]:
    view: dict[str, object] = msgspec.to_builtins(message_view(message))
    return view


def test_an_answer_shows_its_receipt_and_no_empty_fields() -> None:
    view = shown(ANSWER)
    assert view["receipt"] == RECEIPT
    assert view["parentId"] is None
    assert "model" not in view
    assert "parts" not in view


@pytest.mark.parametrize(
    "message",
    [
        structs.replace(ANSWER, role="user"),
        structs.replace(ANSWER, outcome=None),
        structs.replace(ANSWER, outcome={"type": "turn.failed"}),
    ],
)
def test_a_question_and_an_unsettled_answer_have_none(message: Message) -> None:
    assert "receipt" not in shown(message)


def test_sums_are_shown_in_shortest_form() -> None:
    view = conversation_view(
        Conversation(
            id=new_id(),
            title="x",
            agent=None,
            model=None,
            preset_id=None,
            leaf_message_id=None,
            message_count=2,
            cost_usd=1_275_000,
            charged=1_500_000,
            created_at=NOW,
            updated_at=NOW,
        )
    )
    assert (view.cost_usd, view.charged) == ("0.001275", "1.5")
