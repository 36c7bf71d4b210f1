"""Nothing but the public internet, however it is spelled, and what the operator has named."""

from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.webhooks.addresses import NAT64, is_allowed, is_public

PUBLIC = ("1.1.1.1", "93.184.216.34", "2606:4700::1111", "::ffff:1.1.1.1", "64:ff9b::101:101")
PRIVATE = (
    "0.0.0.0",
    "10.1.2.3",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.8.8.8",
    "169.254.169.254",
    "172.31.255.255",
    "192.0.0.192",
    "192.168.0.1",
    "198.19.0.1",
    "224.0.0.1",
    "255.255.255.255",
    "168.63.129.16",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
    "64:ff9b:1::1",
    "2002:7f00:1::",
    "2001:0:4136:e378:8000:63bf:3fff:fdd2",
    "2001:db8::1",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "fec0::1",
    "ff02::1",
    "100::1",
    "5f00::1",
)


@pytest.mark.parametrize("address", PUBLIC)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_the_internet_is_not(address: str) -> None:
    assert not is_allowed(ip_address(address), ())


def test_what_the_operator_names_is_allowed_however_it_is_spelled() -> None:
    named = (ip_network("10.1.0.0/16"), ip_network("fd12::/16"))
    for address in ("10.1.2.3", "::ffff:10.1.2.3", "fd12::1", "1.1.1.1"):
        assert is_allowed(ip_address(address), named)
    for address in ("10.2.0.1", "::ffff:10.2.0.1", "fd13::1"):
        assert not is_allowed(ip_address(address), named)


@given(st.ip_addresses(v=4))
def test_a_spelling_in_ipv6_changes_nothing(address: object) -> None:
    plain = ip_address(str(address))
    mapped = ip_address(f"::ffff:{plain}")
    translated = ip_address(int(NAT64.network_address) + int(plain))
    assert is_public(plain) == is_public(mapped) == is_public(translated)
