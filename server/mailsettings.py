"""Who may sign up by themselves, and how this server sends mail."""

from email.policy import SMTP
from typing import Annotated, Literal, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta, Struct

from server.environment import about

Count: TypeAlias = Annotated[int, Meta(ge=1, le=2**31)]

_MAIL = "Sign-up and mail"


def mail_server(text: str) -> str:
    """A mail server or a folder; its text is never repeated, it may carry a password.

    Raises:
        ValueError: neither.
    """
    parts = urlsplit(text)
    server = parts.scheme in {"smtp", "smtps"} and parts.hostname and parts.path in {"", "/"}
    folder = parts.scheme == "file" and parts.path and not parts.netloc
    if not (server or folder) or parts.query or parts.fragment:
        raise ValueError("expected smtp://user:password@host:port, smtps://… or file:/a/folder")
    _ = parts.port  # raises ValueError by itself
    return text


def mailbox(text: str) -> str:
    """One address, with or without a name: ``Causerie <no-reply@example.com>``.

    Raises:
        ValueError: none, or several.
    """
    header = SMTP.header_factory("From", text) if text.isprintable() else None
    if header is None or header.defects or len(header.addresses) != 1:
        raise ValueError(f"expected an address such as no-reply@example.com, got {text[:60]!r}")
    return text


class MailSettings(Struct, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that concerns signing up, and mail."""

    registration: Annotated[
        Literal["closed", "open"],
        about(_MAIL, "Whether people may sign up by themselves; needs mail (`MAIL_URL`)."),
    ] = "closed"
    mail_url: Annotated[
        str | None,
        about(
            _MAIL,
            "Mail server (`smtp://user:password@host:port`, by TLS where it offers it and always"
            " before a password is sent; `smtps://` for TLS from the start), or a folder for files"
            " (`file:/a/folder`).",
            parse=mail_server,
            secret=True,
            otherwise="the folder `mail` in DATA_DIR with private engines, else none is sent",
        ),
    ] = None
    mail_from: Annotated[
        str | None,
        about(
            _MAIL,
            "Whom mails are from: an address, or `Name <address>`.",
            parse=mailbox,
            otherwise="no-reply at the host of PUBLIC_URL",
        ),
    ] = None
    sign_ups_per_address: Annotated[Count, about(_MAIL, "Sign-ups a day from one address.")] = 5
    link_mails_per_email: Annotated[
        Count,
        about(
            _MAIL,
            "Sign-ups, and likewise forgotten passwords and invitations, an hour for one e-mail"
            " address.",
        ),
    ] = 5
    resets_per_address: Annotated[
        Count, about(_MAIL, "Forgotten passwords an hour from one address.")
    ] = 20
