"""When operators are told that money moves wrongly, and how; webhooks; when months are closed."""

import re
from typing import Annotated, TypeAlias
from urllib.parse import urlsplit

from msgspec import Meta

from server.domain.money import NANOS_PER_USD, NanoUsd
from server.environment import LOOPBACK, Network, about, networks, quota
from server.modelsettings import ModelSettings

Count: TypeAlias = Annotated[int, Meta(ge=1, le=2**31)]
Percent: TypeAlias = Annotated[int, Meta(ge=1, le=100)]

_NAMESPACE = re.compile(r"[A-Za-z0-9._/#-]{1,255}")

_ALERTS, _HOOKS, _BILLING = "Alerts", "Webhooks", "Billing"


def graphql_url(text: str) -> str:
    """Where Linear's interface is. A key goes there: so by TLS, or to this machine.

    Raises:
        ValueError: neither.
    """
    parts = urlsplit(text)
    near = parts.scheme == "http" and parts.hostname in LOOPBACK
    if not (parts.hostname and (parts.scheme == "https" or near)) or "@" in parts.netloc:
        raise ValueError(f"expected an address that begins with https://, got {text[:60]!r}")
    return text


def namespace(text: str) -> str:
    """
    Raises:
        ValueError: CloudWatch takes no such namespace, or the template in docs/deploy/ does not.
    """
    if not _NAMESPACE.fullmatch(text) or text.startswith("AWS/"):
        raise ValueError(
            "expected up to 255 letters, digits, '.', '_', '/', '#' and '-', and nothing that"
            f" begins with AWS/, got {text[:60]!r}"
        )
    return text


class AlertSettings(ModelSettings, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that concerns alerts, webhooks and the end of a month."""

    alert_daily_cost_usd: Annotated[
        NanoUsd | None,
        about(
            _ALERTS,
            "Dollars of provider cost in one UTC day above which an alert opens; 999999 or more:"
            " never.",
            parse=quota,
            shown="200",
        ),
    ] = NanoUsd(200 * NANOS_PER_USD)
    alert_error_percent: Annotated[
        Percent,
        about(_ALERTS, "Failed calls of a provider, in per cent, above which an alert opens."),
    ] = 5
    burst_block_minutes: Annotated[
        Annotated[int, Meta(ge=0, le=1_440)],
        about(
            _ALERTS,
            "How long a user is paused whose requests come in a burst far above their own usual"
            " rate; 0: an alert opens, and nobody is paused.",
        ),
    ] = 0
    linear_api_key: Annotated[
        str | None,
        about(_ALERTS, "Key of Linear, in which each incident becomes an issue.", secret=True),
    ] = None
    linear_team: Annotated[
        str | None,
        about(
            _ALERTS, "Key of the team in Linear that gets them (`OPS`).", otherwise="the first team"
        ),
    ] = None
    linear_api_url: Annotated[
        str, about(_ALERTS, "Where Linear's GraphQL interface is.", parse=graphql_url)
    ] = "https://api.linear.app/graphql"
    cloudwatch_namespace: Annotated[
        str | None,
        about(
            _ALERTS,
            "Namespace of the metrics that CloudWatch reads from the billing process's log lines.",
            parse=namespace,
            otherwise="none are written",
        ),
    ] = None
    webhooks_per_user: Annotated[Count, about(_HOOKS, "Webhooks that one user may have.")] = 10
    webhook_networks: Annotated[
        tuple[Network, ...],
        about(
            _HOOKS,
            "Private addresses or networks that webhooks may be sent to all the same, also without"
            " TLS.",
            parse=networks,
        ),
    ] = ()
    rate_test_per_hour: Annotated[
        Count, about("Sessions", "Requests an hour of one user to `/api/ai/test`.")
    ] = 100
    month_closes_after_days: Annotated[
        Annotated[int, Meta(ge=1, le=28)],
        about(_BILLING, "Days after its end at which a month is closed and its invoices frozen."),
    ] = 3
