"""A mail goes to one person and says what it was given to say, whatever is in its fields."""

from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import SMTP

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.accounts.emails import normalise
from server.domain.errors import Invalid
from server.mail.letters import Mail, compose

SENDER = "Causerie <no-reply@example.com>"
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HEADERS = {
    "From",
    "To",
    "Subject",
    "Date",
    "Message-ID",
    "Auto-Submitted",
    "Content-Type",
    "Content-Transfer-Encoding",
    "MIME-Version",
}


def mail(**fields: str) -> Mail:
    values = {"to": "ada@example.com", "subject": "Hello", "text": "Open this:\n\nhttps://x/#y\n"}
    return Mail(**{**values, **fields})


def test_a_mail_is_plain_text_from_us_to_one_person() -> None:
    sent = message_from_bytes(bytes(compose(mail(), SENDER, NOW)), policy=SMTP)
    assert (sent["From"], sent["To"], sent["Subject"]) == (SENDER, "ada@example.com", "Hello")
    assert sent["Date"].datetime == NOW
    assert sent["Message-ID"].endswith("@example.com>")
    assert sent["Auto-Submitted"] == "auto-generated"
    assert sent.get_content_type() == "text/plain"
    assert sent.get_content().splitlines() == ["Open this:", "", "https://x/#y"]
    assert set(sent.keys()) == HEADERS


@pytest.mark.parametrize("to", ["ada@example.com\r\nBcc: eve@example.com", "ada@", "@b", "", "a"])
def test_what_is_no_address_is_not_written_to(to: str) -> None:
    with pytest.raises(ValueError, match=r"address|idna"):
        compose(mail(to=to), SENDER, NOW)


def test_two_addresses_are_an_odd_one() -> None:
    sent = compose(mail(to="a@b.c, d@e.f"), SENDER, NOW)
    assert [address.addr_spec for address in sent["To"].addresses] == ['"a@b.c, d"@e.f']


def test_a_subject_has_one_line() -> None:
    with pytest.raises(ValueError, match="linefeed or carriage return"):
        compose(mail(subject="Hello\r\nBcc: eve@example.com"), SENDER, NOW)


@given(local=st.text(min_size=1, max_size=20))
def test_whatever_passes_for_an_address_is_the_only_recipient(local: str) -> None:
    try:
        to = normalise(f"{local}@b\u00fccher.example")
    except Invalid:
        return
    sent = message_from_bytes(bytes(compose(mail(to=to), SENDER, NOW)), policy=SMTP)
    (recipient,) = sent["To"].addresses
    assert recipient.domain == "xn--bcher-kva.example"
    # A header in UTF-8 is read as bytes.
    found = recipient.username.encode("utf-8", "surrogateescape").decode()
    assert found == to.rpartition("@")[0]
    assert set(sent.keys()) == HEADERS
