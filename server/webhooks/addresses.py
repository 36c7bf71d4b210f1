"""Which addresses a webhook may be sent to: those of the public internet, and what the operator
has named. Everything that users name could otherwise reach into the network that we stand in.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import TypeAlias

Address: TypeAlias = IPv4Address | IPv6Address
Network: TypeAlias = IPv4Network | IPv6Network

NOT_PUBLIC: tuple[Network, ...] = tuple(
    map(
        ip_network,
        (
            "0.0.0.0/8",
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "169.254.0.0/16",
            "172.16.0.0/12",
            "192.0.0.0/24",
            "192.0.2.0/24",
            "192.88.99.0/24",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "198.51.100.0/24",
            "203.0.113.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            # Azure answers its machines there, with their credentials.
            "168.63.129.16/32",
            # Protocol assignments, among them Teredo; documentation; 6to4.
            "2001::/23",
            "2001:db8::/32",
            "2002::/16",
            "3fff::/20",
        ),
    )
)
"""IANA's special-purpose registries (RFC 6890 and after), as of 2026. Python's own ``is_global``
answers otherwise from one patch release to the next."""

GLOBAL = IPv6Network("2000::/3")
"""All of IPv6 that has been given out as global unicast; the rest is loopback, private, link-local,
multicast, site-local or nobody's."""

NAT64 = IPv6Network("64:ff9b::/96")
"""Where a network without IPv4 finds it (RFC 6052): the last four bytes are the address meant."""


def is_allowed(address: Address, also: Iterable[Network]) -> bool:
    """Whether a webhook may be sent there: it is public, or in one of ``also``."""
    return is_within(address, also) or is_public(address)


def is_public(address: Address) -> bool:
    """Whether it is somebody's on the internet, whichever way it is written down."""
    meant = meant_by(address)
    if isinstance(meant, IPv6Address) and meant not in GLOBAL:
        return False
    return not is_within(meant, NOT_PUBLIC)


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    meant = meant_by(address)
    return any(meant in network for network in networks if network.version == meant.version)


def meant_by(address: Address) -> Address:
    """The IPv4 address that an IPv6 one stands for, where it does."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address
