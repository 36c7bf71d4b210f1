"""One table of codes, in which every error says the same to all its audiences."""

from server.domain import errors
from server.domain.errors import AppError, Internal, Refused, Unavailable, Violation, kind_of

BRANCHES = (Refused, Unavailable, Violation)


def leaves() -> list[type[AppError]]:
    return [
        thing
        for thing in vars(errors).values()
        if isinstance(thing, type)
        and issubclass(thing, AppError)
        and thing not in (AppError, *BRANCHES)
    ]


def test_every_error_has_a_line_that_says_what_it_means() -> None:
    assert [kind for kind in leaves() if not kind.__doc__] == []


def test_a_code_means_one_http_status() -> None:
    statuses: dict[str, set[int]] = {}
    for kind in leaves():
        statuses.setdefault(kind.code, set()).add(kind.status)
    assert {code: found for code, found in statuses.items() if len(found) > 1} == {}


def test_what_is_unavailable_may_be_asked_again() -> None:
    assert all(kind.retryable for kind in leaves() if issubclass(kind, Unavailable))
    assert all(kind.status >= 500 for kind in leaves() if issubclass(kind, Unavailable))
    assert all(kind.status < 500 for kind in leaves() if issubclass(kind, Refused))


def test_a_broken_protocol_closes_the_session() -> None:
    assert all(kind.close is not None for kind in leaves() if issubclass(kind, Violation))


def test_an_error_carries_what_its_reader_needs() -> None:
    error = errors.RateLimited("Slow down.", retry_after=3, metadata={"limit": 50})
    assert (str(error), error.message, error.retry_after) == ("Slow down.", "Slow down.", 3)
    assert (error.path, error.metadata) == (None, {"limit": 50})
    assert errors.Invalid("No.", path="$.text").metadata == {}


def test_a_code_finds_its_class_again() -> None:
    ambiguous = {"invalid"}
    for kind in leaves():
        assert kind_of(kind.code) is kind or kind.code in ambiguous
    assert kind_of("invalid") is errors.Invalid
    assert kind_of("of-a-later-version") is Internal
