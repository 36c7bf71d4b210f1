"""Connections of one address are counted, of proxies they are not."""

import logging

import pytest

from server.domain.errors import TooManySessions
from server.sockets.peers import Peers


def test_an_address_has_so_many_and_others_feel_nothing() -> None:
    peers = Peers(2)
    assert [peers.enter("192.0.2.1") for _ in range(3)] == [True, True, False]
    assert peers.enter("192.0.2.2")
    peers.leave("192.0.2.1")
    assert peers.enter("192.0.2.1")
    assert len(peers) == 3


def test_a_network_of_ipv6_is_one_subscriber() -> None:
    peers = Peers(1)
    assert peers.enter("2001:db8::1")
    assert not peers.enter("2001:db8::2")
    assert peers.enter("2001:db8:0:1::1")
    peers.leave("2001:db8::1")
    assert peers.enter("2001:db8::2")


def test_everybody_stands_behind_a_proxy() -> None:
    peers = Peers(1, spares=lambda address: address == "192.0.2.1")
    assert all(peers.enter("192.0.2.1") for _ in range(5))
    for _ in range(5):
        peers.leave("192.0.2.1")
    assert len(peers) == 0


def test_who_is_turned_away_is_not_counted_and_it_is_logged_once(
    caplog: pytest.LogCaptureFixture,
) -> None:
    peers = Peers(1)
    with peers.inside("192.0.2.1"):
        for _ in range(3):
            with pytest.raises(TooManySessions) as caught, peers.inside("192.0.2.1"):
                pass
        assert caught.value.metadata["scope"] == "address"
    assert len(peers) == 0
    told = [record.message for record in caplog.records if record.levelno == logging.WARNING]
    assert told == ["address.full"]
