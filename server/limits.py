"""How much of everything: the bounds of sessions, input, provider calls and what is kept.

Each is a setting; the numbers are those of the specification's table of limits.
"""

from typing import Annotated, TypeAlias

from msgspec import Meta

from server.domain.money import NANOS_PER_USD, NanoUsd
from server.environment import about, dollars
from server.failpoints import parse as points
from server.mediasettings import MediaSettings

Count: TypeAlias = Annotated[int, Meta(ge=1, le=2**31)]
Bytes: TypeAlias = Annotated[int, Meta(ge=1_024, le=2**30)]
Seconds: TypeAlias = Annotated[float, Meta(ge=0, le=86_400)]
Timeout: TypeAlias = Annotated[float, Meta(gt=0, le=86_400)]

_SESSIONS, _INPUT, _PROVIDERS, _BILLING = "Sessions", "Input", "Provider calls", "Billing"
_REHEARSALS, _LOAD = "Rehearsals", "Load"


class Limits(MediaSettings, frozen=True, kw_only=True, rename="upper"):
    """The part of ``Settings`` that bounds what clients and providers may do."""

    sessions_per_user: Annotated[
        Count, about(_SESSIONS, "WebSocket sessions that one user may hold in each process.")
    ] = 16
    sessions_per_address: Annotated[
        Count, about(_SESSIONS, "WebSocket sessions that one address may hold, likewise.")
    ] = 1_000
    session_hours: Annotated[
        Timeout, about(_SESSIONS, "Hours after which a session must be opened anew.")
    ] = 24.0
    handshake_seconds: Annotated[
        Timeout, about(_SESSIONS, "How long a client may take from connecting to its session.")
    ] = 10.0
    commands_per_second: Annotated[
        Count, about(_SESSIONS, "Commands that a session may send in the long run.")
    ] = 20
    commands_burst: Annotated[Count, about(_SESSIONS, "Commands that it may send at once.")] = 40
    unanswered_commands: Annotated[
        Count, about(_SESSIONS, "Commands of a session that may wait for their answer.")
    ] = 32
    refused_commands_per_minute: Annotated[
        Count,
        about(
            _SESSIONS, "Commands refused for their rate, after which the session is closed (4429)."
        ),
    ] = 20
    bad_frames_per_minute: Annotated[
        Count,
        about(_SESSIONS, "Frames that are no commands, after which the session is closed (1008)."),
    ] = 20
    outgoing_bytes: Annotated[
        Bytes,
        about(
            _SESSIONS, "What a reader must take in 10 seconds, and what may wait for it of answers."
        ),
    ] = 1024**2
    rate_workspace_per_hour: Annotated[
        Count, about(_SESSIONS, "Requests an hour of all members of a workspace together.")
    ] = 5_000
    rate_address_per_hour: Annotated[
        Count, about(_SESSIONS, "Requests an hour that come from one address.")
    ] = 3_000
    sign_in_failures: Annotated[
        Count, about(_SESSIONS, "Failed sign-ins of one account from one address in 15 minutes.")
    ] = 10
    sign_in_failures_per_address: Annotated[
        Count, about(_SESSIONS, "Failed sign-ins from one address in 15 minutes.")
    ] = 50
    overload_lag_seconds: Annotated[
        Seconds,
        about(
            _LOAD,
            "How late a process's event loop may run, for a second, until new turns and sessions"
            " are refused (`overloaded`); from a fifth of it on, users get fair shares. 0: never.",
        ),
    ] = 0.1
    frame_bytes: Annotated[Bytes, about(_INPUT, "Bytes of one inbound WebSocket frame.")] = (
        256 * 1024
    )
    text_characters: Annotated[
        Annotated[int, Meta(ge=1, le=32_000)], about(_INPUT, "Characters of one message's text.")
    ] = 32_000
    json_depth: Annotated[
        Annotated[int, Meta(ge=8, le=512)], about(_INPUT, "How deep JSON may be nested.")
    ] = 32
    body_bytes: Annotated[Bytes, about(_INPUT, "Bytes of one HTTP request's body.")] = 4 * 1024**2
    connect_seconds: Annotated[
        Timeout, about(_PROVIDERS, "How long connecting to a provider may take.")
    ] = 5.0
    first_token_seconds: Annotated[
        Timeout, about(_PROVIDERS, "How long a provider may be silent before its first token.")
    ] = 30.0
    between_tokens_seconds: Annotated[
        Timeout, about(_PROVIDERS, "How long a provider may be silent between two tokens.")
    ] = 30.0
    provider_attempts: Annotated[
        Annotated[int, Meta(ge=1, le=10)],
        about(_PROVIDERS, "Calls of one model, the first included, while none has said a word."),
    ] = 3
    retry_seconds: Annotated[
        Seconds, about(_PROVIDERS, "The pause before the second call; each further one is double.")
    ] = 1.0
    retry_seconds_max: Annotated[
        Seconds,
        about(
            _PROVIDERS,
            "The longest pause. A provider that asks for a longer one is not waited for.",
        ),
    ] = 5.0
    breaker_calls: Annotated[
        Count, about(_PROVIDERS, "Calls of a model in a minute from which its breaker may open.")
    ] = 10
    breaker_failure_percent: Annotated[
        Annotated[int, Meta(ge=1, le=100)],
        about(_PROVIDERS, "So many of them failed, and the model is left alone for a while."),
    ] = 50
    breaker_seconds: Annotated[
        Timeout, about(_PROVIDERS, "Until a model that is left alone is tried by one call.")
    ] = 15.0
    auto_titles: Annotated[
        bool,
        about(
            _PROVIDERS,
            "New conversations are named by the cheapest model, for a fraction of a credit.",
        ),
    ] = True
    auto_summaries: Annotated[
        bool,
        about(
            _PROVIDERS,
            "What a model's window no longer holds of a conversation is summed up by the cheapest"
            " model, for some credits.",
        ),
    ] = True
    turn_seconds: Annotated[Timeout, about(_PROVIDERS, "How long a whole turn may take.")] = 600.0
    agent_seconds: Annotated[
        Timeout,
        about(
            _PROVIDERS,
            "How long one of several agents that answer in one turn may work; in free text, be "
            "silent.",
        ),
    ] = 60.0
    agent_cap_usd: Annotated[
        NanoUsd,
        about(
            _PROVIDERS,
            "The most that one of them may be charged in one turn, in dollars.",
            parse=dollars,
            shown="0.25",
        ),
    ] = NanoUsd(NANOS_PER_USD // 4)
    outbox_retention_days: Annotated[
        Annotated[int, Meta(ge=1, le=36_500)],
        about(_BILLING, "Days that billed usage events are kept, to rebuild usage logs from."),
    ] = 90
    failpoints: Annotated[
        dict[str, int] | None,
        about(
            _REHEARSALS,
            "Places at which a process kills itself: `name@count`, separated by commas. Refused"
            " unless both engines are of this machine and `PUBLIC_URL` is not https.",
            parse=points,
        ),
    ] = None
