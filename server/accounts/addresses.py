"""The address of a caller: the peer's, or what a trusted proxy says of it."""

from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

UNKNOWN = "unknown"
"""A peer without an address: a unix socket, or what a trusted proxy said and is none. All of them
are counted together."""


def client_address(
    peer: str | None, forwarded_for: str | None, trusted: Sequence[IPv4Network | IPv6Network]
) -> str:
    """Read ``X-Forwarded-For`` from the right, past every trusted proxy: what is left of the first
    stranger was written by the stranger, and is not believed."""
    address = peer if peer and _parse(peer) else UNKNOWN
    hops = [hop.strip() for hop in (forwarded_for or "").split(",") if hop.strip()]
    while hops and is_trusted(address, trusted):
        hop = _without_port(hops.pop())
        if _parse(hop) is None:
            break
        address = hop
    return address


def is_loopback(peer: str | None) -> bool:
    parsed = _parse(peer or "")
    return parsed is not None and parsed.is_loopback


def network_of(address: str) -> str:
    """What limits count by: an IPv4 address, or the /64 that one IPv6 subscriber has to himself.
    Of what it has answered it is the same again."""
    parsed = _parse(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((parsed, 64), strict=False))
    return _network(address) if parsed is None else str(parsed)


def _network(address: str) -> str:
    try:
        return str(IPv6Network(address))
    except ValueError:
        return UNKNOWN


def is_trusted(address: str, trusted: Sequence[IPv4Network | IPv6Network]) -> bool:
    parsed = _parse(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _without_port(hop: str) -> str:
    """Some proxies write ``198.51.100.1:4711`` and ``[2001:db8::5]:4711``."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _parse(address: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(address)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return mapped or parsed
