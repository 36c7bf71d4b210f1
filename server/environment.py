"""How environment variables become a typed value: parsers, bounds, and one clear line on failure.

``server.settings`` says what can be set; this knows nothing of any name.
"""

import math
from collections.abc import Callable, Mapping
from inspect import get_annotations
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Literal, NamedTuple, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import parse_qs, unquote, urlsplit

from msgspec import NODEFAULT, Meta, Struct, ValidationError, convert, structs

from server.domain.money import MicroCredits, NanoUsd, parse_credits, parse_usd

NO_LIMIT_USD = 999_999
"""Dollars a month from which on a quota means none at all (B2)."""

SECRET_KEY_MIN = 32
"""Characters: 192 bits when they are base64, more than any signature made with it needs."""

LOOPBACK = ("127.0.0.1", "::1", "localhost")
LOOPBACK_OF = {"0.0.0.0": "127.0.0.1", "::": "::1"}

Network = IPv4Network | IPv6Network
Group = TypeVar("Group", bound=Struct)


class SettingsError(Exception):
    """The environment cannot be used; ``str()`` is one line that begins with the variable."""


class Setting(NamedTuple):
    """What is known of one variable. ``default`` is its text, or tells in words (``is_words``) what
    happens; None when nothing does."""

    name: str
    group: str
    description: str
    default: str | None
    secret: bool
    is_words: bool = False


def about(
    group: str,
    description: str,
    *,
    parse: Callable[[str], object] | None = None,
    secret: bool = False,
    shown: str | None = None,
    otherwise: str | None = None,
) -> Meta:
    """A setting's one documentation. ``parse`` turns its text into its value where the type alone
    does not say how; ``shown`` is the default as text where ``str`` would not do, ``otherwise``
    says in words what happens without a value."""
    extra = {
        "group": group,
        "parse": parse,
        "secret": secret,
        "shown": shown,
        "otherwise": otherwise,
    }
    return Meta(description=description, extra=extra)


def read(kind: type[Group], environ: Mapping[str, str]) -> Group:
    """Build ``kind`` from the variables named like its fields; an empty value counts as unset.

    Fields without ``about`` are no settings: code fills them in.

    Raises:
        SettingsError: names the first variable, in the order of the fields, that is not usable.
    """
    hints = get_type_hints(kind, include_extras=True)
    values: dict[str, Any] = {}
    for field in structs.fields(kind):
        text = environ.get(field.encode_name, "").strip()
        if text and _is_setting(hints[field.name]):
            values[field.name] = _value(field.encode_name, text, hints[field.name])
    return kind(**values)


def _value(name: str, text: str, hint: Any) -> Any:
    extra = _extra(hint)
    shown = "" if extra["secret"] else f", got {text[:60]!r}"
    try:
        if extra["parse"] is not None:
            return extra["parse"](text)
        value = convert(text, hint, strict=False)
    except ValidationError as error:
        raise SettingsError(f"{name}: {_wanted(hint, error)}{shown}") from error
    except ValueError as error:
        raise SettingsError(f"{name}: {error}") from error
    if isinstance(value, float) and not math.isfinite(value):
        raise SettingsError(f"{name}: expected a finite number{shown}")
    return value


def _wanted(hint: Any, error: ValidationError) -> str:
    plain = get_args(hint)[0]
    if get_origin(plain) is Literal:
        return f"expected one of {', '.join(get_args(plain))}"
    said = str(error).partition(", got")[0].replace("`", "")
    return said[:1].lower() + said[1:]


def secret_fields(kind: type[Struct]) -> frozenset[str]:
    """Names of the fields whose values must never be shown."""
    hints = get_type_hints(kind, include_extras=True)
    return frozenset(
        name for name, hint in hints.items() if _is_setting(hint) and _extra(hint)["secret"]
    )


def secrets_of(group: Struct) -> tuple[str, ...]:
    """What must never be shown: values of secret settings, and passwords inside addresses."""
    found: list[str] = []
    for name in secret_fields(type(group)):
        value = getattr(group, name) or ()
        for text in (value,) if isinstance(value, str) else value:
            # A library may take an address apart and complain of one part.
            password = urlsplit(text).password if "://" in text else None
            found += [text, *([password, unquote(password)] if password else ())]
    return tuple(found)


def describe(kind: type[Struct]) -> list[Setting]:
    """Every setting of ``kind``: its own first, then those of its base classes, nearest first."""
    hints = get_type_hints(kind, include_extras=True)
    known = []
    bases = [*enumerate(kind.__mro__)]
    owner = {name: at for at, base in reversed(bases) for name in get_annotations(base)}
    for field in sorted(structs.fields(kind), key=lambda field: owner[field.name]):
        if not _is_setting(hints[field.name]):
            continue
        extra = _extra(hints[field.name])
        default = extra["shown"] or extra["otherwise"]
        if default is None and field.default not in (None, NODEFAULT, ()):
            default = _text(field.default)
        known.append(
            Setting(
                name=field.encode_name,
                group=extra["group"],
                description=_description(hints[field.name]),
                default=default,
                secret=extra["secret"],
                is_words=extra["otherwise"] is not None,
            )
        )
    return known


def _is_setting(hint: Any) -> bool:
    return any(meta.extra is not None for meta in getattr(hint, "__metadata__", ()))


def _extra(hint: Any) -> dict[str, Any]:
    return next(meta.extra for meta in hint.__metadata__ if meta.extra is not None)


def _description(hint: Any) -> str:
    found: str = next(meta.description for meta in hint.__metadata__ if meta.description)
    return found


def _text(default: Any) -> str:
    if isinstance(default, bool):
        return str(default).lower()
    return f"{default:g}" if isinstance(default, float) else str(default)


def words(text: str) -> tuple[str, ...]:
    """What stands between commas, blanks and empty places removed."""
    return tuple(word for part in text.split(",") if (word := part.strip()))


def flag(text: str) -> bool:
    try:
        return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}[
            text.lower()
        ]
    except KeyError:
        raise ValueError(f"expected true or false, got {text[:60]!r}") from None


def dollars(text: str) -> NanoUsd:
    amount = parse_usd(text)
    if amount < 0:
        raise ValueError(f"expected dollars of at least 0, got {text!r}")
    return amount


def quota(text: str) -> NanoUsd | None:
    """Dollars a month; None means no limit."""
    amount = dollars(text)
    return None if amount >= parse_usd(str(NO_LIMIT_USD)) else amount


def credits(text: str) -> MicroCredits:
    amount = parse_credits(text)
    if amount < 0:
        raise ValueError(f"expected credits of at least 0, got {text!r}")
    return amount


def origins(text: str) -> tuple[str, ...]:
    return tuple(origin(word) for word in words(text))


def origin(text: str) -> str:
    """``scheme://host[:port]`` as browsers write it: lower case, no default port, no slash."""
    parts = urlsplit(text)
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment
    if parts.scheme not in {"http", "https"} or not parts.hostname or not bare or "@" in text:
        raise ValueError(f"expected an origin such as https://chat.example.com, got {text[:60]!r}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    usual = {"http": 80, "https": 443}[parts.scheme]
    port = "" if parts.port in (None, usual) else f":{parts.port}"
    return f"{parts.scheme}://{host}{port}"


def base_url(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("expected an address that begins with http:// or https://")
    return text.rstrip("/")


def networks(text: str) -> tuple[Network, ...]:
    return tuple(ip_network(word, strict=False) for word in words(text))


def engine_url(*schemes: str) -> Callable[[str], str]:
    """The address of a database or a Redis; its text is never repeated, it carries a password."""

    def parse(text: str) -> str:
        if urlsplit(text).scheme not in schemes:
            raise ValueError(f"expected an address that begins with {schemes[0]}://")
        return text

    return parse


def is_local(url: str | None) -> bool:
    """Whether an engine is of this machine: private, on loopback, or at a Unix socket."""
    parts = urlsplit(url or "")
    hosts = parse_qs(parts.query).get("host", []) or [parts.hostname or "/"]
    return all(host.startswith("/") or host in LOOPBACK for host in hosts)


def secret_key(text: str) -> str:
    if len(text) < SECRET_KEY_MIN:
        raise ValueError(f"expected at least {SECRET_KEY_MIN} characters")
    return text


def secret_keys(text: str) -> tuple[str, ...]:
    return tuple(secret_key(word) for word in words(text))
