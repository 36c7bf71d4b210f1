"""Mails are sent in the background: again where that helps, never without end, never in the log."""

import asyncio
import logging
from datetime import UTC, datetime
from email.message import EmailMessage

import pytest

from server.mail import mailroom
from server.mail.letters import Mail
from server.mail.mailroom import open_mailroom
from server.mail.postman import Undelivered, Unwanted
from tests.support.eventually import eventually

SECRET = "cl_very-secret"
MAIL = Mail(to="ada@example.com", subject="Hello", text=f"https://x/#{SECRET}\n")
NO_PAUSE = (0.0, 0.0)


def now() -> datetime:
    return datetime(2026, 3, 1, tzinfo=UTC)


class Postbox:
    """Takes what it is given, after refusing as often as it was told to."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.taken: list[EmailMessage] = []
        self.tries = self.busy = self.busiest = 0
        self.open = asyncio.Event()
        self.open.set()

    async def deliver(self, message: EmailMessage) -> None:
        self.tries += 1
        self.busy += 1
        self.busiest = max(self.busiest, self.busy)
        try:
            await self.open.wait()
        finally:
            self.busy -= 1
        if self.failures:
            raise self.failures.pop(0)
        self.taken.append(message)


def later() -> Undelivered:
    return Undelivered("SMTPDataError 451")


async def test_a_mail_is_sent_without_anybody_waiting() -> None:
    box = Postbox()
    async with open_mailroom(box, "no-reply@example.com", now) as room:
        room.post(MAIL)
        assert box.tries == 0
        await eventually(lambda: box.taken)
    assert [message["To"] for message in box.taken] == ["ada@example.com"]


async def test_what_was_not_taken_is_brought_again(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    box = Postbox(later(), later())
    async with open_mailroom(box, "no-reply@example.com", now, pauses_s=NO_PAUSE) as room:
        room.post(MAIL)
    assert len(box.taken) == 1
    assert [record.message for record in caplog.records] == [
        "mail.delayed",
        "mail.delayed",
        "mail.sent",
    ]


@pytest.mark.parametrize(
    ("failures", "tries", "said"),
    [
        ([later(), later(), later()], 3, "mail.lost"),
        ([Unwanted("SMTPRecipientRefused 550")], 1, "mail.refused"),
        ([RuntimeError(f"ada@example.com {SECRET}")], 1, "mail.failed"),
    ],
    ids=["never", "for good", "unforeseen"],
)
async def test_what_nobody_takes_is_let_go_and_the_log_names_nobody(
    failures: list[Exception], tries: int, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    box = Postbox(*failures)
    async with open_mailroom(box, "no-reply@example.com", now, pauses_s=NO_PAUSE) as room:
        room.post(MAIL)
        await eventually(lambda: box.tries == tries)
        room.post(MAIL)
        await eventually(lambda: box.taken)
    assert said in [record.message for record in caplog.records]
    told = " ".join(str(vars(record)) for record in caplog.records)
    assert "ada" not in told
    assert SECRET not in told


async def test_a_letter_that_cannot_be_written_stops_no_other() -> None:
    box = Postbox()

    async def impossible() -> Mail:
        raise RuntimeError("no database")

    async with open_mailroom(box, "no-reply@example.com", now) as room:
        room.write(impossible)
        room.post(MAIL)
        await eventually(lambda: box.taken)


async def test_a_few_are_on_their_way_at_once_and_not_too_many_wait(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(mailroom, "WAITING_MAX", 20)
    box = Postbox()
    box.open.clear()
    async with open_mailroom(box, "no-reply@example.com", now) as room:
        for _ in range(30):
            room.post(MAIL)
        await eventually(lambda: box.busy == mailroom.AT_ONCE)
        box.open.set()
        await eventually(lambda: len(box.taken) == 20)
    assert box.busiest == mailroom.AT_ONCE
    assert len(box.taken) == 20


async def test_who_leaves_waits_a_little_and_no_longer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mailroom, "GOODBYE_S", 0.05)
    box, stuck = Postbox(later()), Postbox()
    stuck.open.clear()
    async with open_mailroom(stuck, "no-reply@example.com", now) as room:
        room.post(MAIL)
        await eventually(lambda: stuck.busy)
    async with open_mailroom(box, "no-reply@example.com", now, pauses_s=(60.0,)) as room:
        room.post(MAIL)
        await eventually(lambda: box.tries)
    assert (stuck.taken, box.taken) == ([], [])
