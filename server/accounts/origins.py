"""Which pages may use a cookie: the exact origins of our own and of the allow-list (X1)."""

from collections.abc import Iterable

from server.domain.errors import Forbidden

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


class Origins:
    """``own``: our public origin; ``allowed``: those of pages elsewhere that embed us.

    The request's ``Host`` is never asked: whoever sends a request writes it.
    """

    def __init__(self, own: str, allowed: Iterable[str] = ()) -> None:
        self._known = frozenset({own, *allowed, *_same_machine(own)})

    def allows(self, origin: str | None) -> bool:
        return origin is not None and origin in self._known

    def check(self, method: str, origin: str | None) -> None:
        """For a request that carries a cookie.

        Raises:
            Forbidden: an unsafe method without an allowed ``Origin``; browsers always send one.
        """
        if method not in SAFE_METHODS and not self.allows(origin):
            raise Forbidden("This origin may not do that with a sign-in cookie.")


def _same_machine(own: str) -> tuple[str, ...]:
    """``localhost`` and ``127.0.0.1`` name the same loopback, so a page opened by the one is ours
    as much as by the other."""
    for one, other in (("//127.0.0.1", "//localhost"), ("//localhost", "//127.0.0.1")):
        scheme, found, port = own.partition(one)
        if found and (not port or port.startswith(":")):
            return (scheme + other + port,)
    return ()
