"""The settings say how mail is sent, and from whom."""

from email.message import EmailMessage
from email.parser import BytesParser
from email.policy import SMTP
from pathlib import Path

import pytest

from server.domain.clock import utc_now
from server.environment import SettingsError
from server.mail.letters import Mail
from server.mail.opening import open_mail
from server.settings import load, with_engines

MAIL = Mail(to="ada@example.com", subject="Hello", text="Text\n")
ENGINES = {"database_url": "postgresql://local/x", "redis_url": "redis://local"}


def mails(folder: Path) -> list[EmailMessage]:
    parser: BytesParser[EmailMessage] = BytesParser(policy=SMTP)
    return [parser.parsebytes(file.read_bytes()) for file in folder.glob("*.eml")]


async def sender(folder: Path, **environ: str) -> str:
    settings = load({"MAIL_URL": f"file:{folder}", **environ})
    async with open_mail(settings, utc_now) as room:
        assert room is not None
        room.post(MAIL)
    (mail,) = mails(folder)
    return str(mail["From"])


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({"PUBLIC_URL": "https://chat.example.com"}, "Causerie <no-reply@chat.example.com>"),
        ({"PUBLIC_URL": "http://[::1]:8000"}, "Causerie <no-reply@localhost>"),
        ({"MAIL_FROM": "Team <team@example.com>"}, "Team <team@example.com>"),
    ],
)
async def test_mails_are_from_the_host_of_the_pages_or_from_whom_it_was_said(
    tmp_path: Path, environ: dict[str, str], expected: str
) -> None:
    assert await sender(tmp_path / "some mail", **environ) == expected


async def test_a_trial_on_private_engines_has_a_folder_and_nobody_else(tmp_path: Path) -> None:
    settings = load({"DATA_DIR": str(tmp_path)})
    async with open_mail(with_engines(settings, **ENGINES, owned=True), utc_now) as room:
        assert room is not None
        room.post(MAIL)
    assert len(mails(tmp_path / "mail")) == 1
    async with open_mail(with_engines(settings, **ENGINES, owned=False), utc_now) as room:
        assert room is None


async def test_nobody_signs_up_where_no_mail_can_be_sent(tmp_path: Path) -> None:
    settings = load({"REGISTRATION": "open", "DATA_DIR": str(tmp_path)})
    with pytest.raises(SettingsError, match=r"^MAIL_URL: required with REGISTRATION=open$"):
        async with open_mail(with_engines(settings, **ENGINES, owned=False), utc_now):
            pass
    async with open_mail(with_engines(settings, **ENGINES, owned=True), utc_now) as room:
        assert room is not None


async def test_a_mail_server_is_not_asked_before_there_is_a_mail() -> None:
    async with open_mail(load({"MAIL_URL": "smtp://nobody.invalid"}), utc_now) as room:
        assert room is not None


async def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(SettingsError, match="MAIL_URL"):
        async with open_mail(load({"MAIL_URL": f"file:{tmp_path}/file/mail"}), utc_now):
            pass
