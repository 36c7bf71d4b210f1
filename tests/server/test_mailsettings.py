"""Who may sign up, and how mail is sent, is said by the environment and checked at start."""

import pytest

from server.environment import SettingsError
from server.settings import load


def test_nothing_said_is_a_closed_door() -> None:
    settings = load({})
    assert (settings.registration, settings.mail_url) == ("closed", None)
    assert (settings.sign_ups_per_address, settings.link_mails_per_email) == (5, 5)


@pytest.mark.parametrize(
    "text",
    [
        "smtp://mail.example",
        "smtp://user:p%40ss@mail.example:2525",
        "smtps://mail.example/",
        "smtp://[::1]:25",
        "file:mail",
        "file:/srv/mail",
        "file:///srv/mail",
    ],
)
def test_mail_goes_to_a_server_or_a_folder(text: str) -> None:
    assert load({"MAIL_URL": text}).mail_url == text


@pytest.mark.parametrize(
    "text",
    [
        "mail.example",
        "http://mail.example",
        "smtp://",
        "smtp://mail.example:none",
        "smtp://mail.example/path",
        "smtp://u:secret-password@mail.example?tls=no",
        "file:",
        "file://host/srv",
    ],
)
def test_anything_else_stops_the_start(text: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_URL") as refused:
        load({"MAIL_URL": text})
    assert "secret-password" not in str(refused.value)


def test_the_password_in_the_address_is_a_secret() -> None:
    settings = load({"MAIL_URL": "smtp://user:secret-password@mail.example"})
    assert "secret-password" in settings.secrets()
    assert "secret-password" not in repr(settings)


@pytest.mark.parametrize("text", ["no-reply@example.com", "Causerie <no-reply@example.com>"])
def test_mails_are_from_one_address(text: str) -> None:
    assert load({"MAIL_FROM": text}).mail_from == text


@pytest.mark.parametrize(
    "text", ["nobody", "a@b.c, d@e.f", "A, B <a@b.c>", "a@b.c>", "a b@c.d", "a@b.c\nBcc: x@y.z"]
)
def test_mails_are_from_nobody_else(text: str) -> None:
    with pytest.raises(SettingsError, match="MAIL_FROM"):
        load({"MAIL_FROM": text})
