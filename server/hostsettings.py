"""How users of a host application sign in with what that application gave them."""

from typing import Annotated
from urllib.parse import urlsplit

from server.alertsettings import AlertSettings
from server.environment import LOOPBACK, SettingsError, about, words

SECRET_MIN = 32
"""Bytes of a shared secret: as many as HS256's hash has (RFC 7518, section 3.2)."""

SESSIONS_ISSUER = "authjs"
"""Whose users session cookies name, where no ``JWT_ISSUER`` says it."""

_PUBLIC_KEYS = ("-----BEGIN", "---- BEGIN", "ssh-", "ecdsa-")

_HOSTS = "Host applications"


def shared_secret(text: str) -> str:
    """A secret that signs; its text is never repeated.

    Raises:
        ValueError: too short to resist guessing, or a key that is no secret.
    """
    if text.startswith(_PUBLIC_KEYS):
        raise ValueError("expected a shared secret; public keys are read from JWT_JWKS_URL")
    if len(text.encode()) < SECRET_MIN:
        raise ValueError(f"expected at least {SECRET_MIN} bytes")
    return text


def shared_secrets(text: str) -> tuple[str, ...]:
    return tuple(shared_secret(word) for word in words(text))


def keys_url(text: str) -> str:
    """Where public keys are read: whoever could change them on the way could sign in as anybody.

    Raises:
        ValueError: neither https nor on this machine.
    """
    parts = urlsplit(text)
    near = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.hostname and (parts.scheme == "https" or near)) or "@" in parts.netloc:
        raise ValueError(f"expected an address that begins with https://, got {text[:60]!r}")
    return text


class HostSettings(AlertSettings, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that says whose tokens and session cookies are believed."""

    jwt_issuer: Annotated[
        str | None,
        about(_HOSTS, "`iss` of the JSON web tokens that sign users of a host application in."),
    ] = None
    jwt_audience: Annotated[
        str | None, about(_HOSTS, "Their `aud`: what the host application calls this server.")
    ] = None
    jwt_jwks_url: Annotated[
        str | None,
        about(
            _HOSTS,
            "Where the public keys are that they are signed with; https, or on this machine.",
            parse=keys_url,
        ),
    ] = None
    jwt_secret: Annotated[
        str | None,
        about(
            _HOSTS,
            "Instead: the secret they are signed with (HS256, HS384, HS512), at least 32 bytes.",
            parse=shared_secret,
            secret=True,
        ),
    ] = None
    auth_secret: Annotated[
        tuple[str, ...],
        about(
            _HOSTS,
            "Secret of the host application's Auth.js, whose session cookies are then believed;"
            " while it is being changed both, separated by a comma. At least 32 bytes.",
            parse=shared_secrets,
            secret=True,
        ),
    ] = ()
    nextauth_secret: Annotated[
        str | None,
        about(_HOSTS, "Likewise, of NextAuth.js 4.", parse=shared_secret, secret=True),
    ] = None

    @property
    def session_secrets(self) -> tuple[str, ...]:
        """Whatever may have encrypted a session cookie: each version takes the other's, too."""
        secrets = (*self.auth_secret, self.nextauth_secret)
        return tuple(dict.fromkeys(secret for secret in secrets if secret))

    @property
    def host_issuer(self) -> str | None:
        """Whose users sign in by tokens and session cookies; None: nobody's."""
        return self.jwt_issuer or (SESSIONS_ISSUER if self.session_secrets else None)


def check(settings: HostSettings) -> None:
    """Tokens are believed with an issuer, an audience and one way to check them, or not at all.

    Raises:
        SettingsError: names the variable that is missing, or one too many.
    """
    if settings.jwt_jwks_url and settings.jwt_secret:
        raise SettingsError("JWT_SECRET: not together with JWT_JWKS_URL; one checks the tokens")
    needed = {
        "JWT_ISSUER": settings.jwt_issuer,
        "JWT_AUDIENCE": settings.jwt_audience,
        "JWT_JWKS_URL or JWT_SECRET": settings.jwt_jwks_url or settings.jwt_secret,
    }
    missing = [name for name, value in needed.items() if not value]
    present = [name for name, value in needed.items() if value]
    if settings.session_secrets and present == ["JWT_ISSUER"]:
        return  # it says whose users the cookies name
    if missing and present:
        raise SettingsError(f"{missing[0]}: required with {present[0]}")
