"""Mails as files that nobody else reads, in the order in which they were sent."""

import stat
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from server.mail.folder import FolderPostman
from server.mail.letters import Mail, compose
from server.mail.postman import Undelivered, Unwanted


def message(subject: str = "Hello") -> EmailMessage:
    mail = Mail(to="ada@example.com", subject=subject, text="Text\n")
    return compose(mail, "no-reply@example.com", datetime(2026, 3, 1, tzinfo=UTC))


async def test_a_mail_is_a_private_file(tmp_path: Path) -> None:
    folder = tmp_path / "a" / "mail"
    postman = FolderPostman(folder)
    for subject in ("first", "second"):
        await postman.deliver(message(subject))
    first, second = sorted(folder.iterdir())
    assert {first.suffix, second.suffix} == {".eml"}
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(first.stat().st_mode) == 0o600
    assert message_from_bytes(first.read_bytes(), policy=SMTP)["Subject"] == "first"
    assert message_from_bytes(second.read_bytes(), policy=SMTP)["Subject"] == "second"


async def test_a_folder_that_has_gone_may_come_back(tmp_path: Path) -> None:
    postman = FolderPostman(tmp_path / "mail")
    (tmp_path / "mail").rmdir()
    with pytest.raises(Undelivered) as failed:
        await postman.deliver(message())
    assert not isinstance(failed.value, Unwanted)
    assert str(failed.value) == "No such file or directory"


def test_a_folder_that_cannot_be_made_is_said_at_once(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OSError, match="file"):
        FolderPostman(tmp_path / "file" / "mail")
