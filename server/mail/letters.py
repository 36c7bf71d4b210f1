"""What is sent: plain text to one person."""

from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTPUTF8
from email.utils import make_msgid

from msgspec import Struct


class Mail(Struct, frozen=True, kw_only=True):
    """``to`` is one normalised address. ``text`` has no words of a stranger's: whoever can have
    something mailed to anybody would have a way to advertise."""

    to: str
    subject: str
    text: str


def compose(mail: Mail, sender: str, now: datetime) -> EmailMessage:
    """The mail as it travels. Nothing in an address or a subject can add a header or a recipient.

    Raises:
        ValueError: an address or a subject that no header can hold.
    """
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = sender
    message["To"] = _address(mail.to)
    message["Subject"] = mail.subject
    message["Date"] = now
    message["Message-ID"] = make_msgid(domain=message["From"].addresses[0].domain)
    # RFC 3834: nobody's absence is answered to a machine.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    return message


def _address(text: str) -> Address:
    """Taken apart, never parsed: what is on one side of the ``@`` stays there, quoted if it must
    be. Domains travel in ASCII, which every server takes."""
    local, at, domain = text.rpartition("@")
    if not (local and at and domain):
        raise ValueError("no e-mail address")
    return Address(username=local, domain=domain.encode("idna").decode("ascii"))
