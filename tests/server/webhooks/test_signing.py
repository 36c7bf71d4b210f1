"""What the official library of Standard Webhooks accepts, and refuses."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from server.domain.clock import utc_now
from server.webhooks import signing

OLD, NEW = signing.new_secret(), signing.new_secret()


def test_secrets_are_of_the_standards_length_and_never_the_same() -> None:
    assert OLD != NEW
    assert OLD.startswith("whsec_")
    assert len(OLD) == len("whsec_") + 44


@given(st.text(alphabet=st.characters(codec="utf-8")))
def test_whatever_is_sent_is_accepted_by_the_official_library(body: str) -> None:
    signed = dict(signing.headers([NEW], "event", utc_now(), body.encode()))
    Webhook(NEW).verify(body, signed, json_parse=False)


def test_during_a_rotation_both_secrets_are_accepted() -> None:
    signed = dict(signing.headers([NEW, OLD], "event", utc_now(), b"{}"))
    for secret in (NEW, OLD):
        Webhook(secret).verify(b"{}", signed)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.new_secret()).verify(b"{}", signed)


def test_another_body_another_id_and_an_old_moment_are_refused() -> None:
    signed = dict(signing.headers([NEW], "event", utc_now(), b"{}"))
    late = dict(signing.headers([NEW], "event", utc_now() - timedelta(minutes=6), b"{}"))
    for body, told in ((b"[]", signed), (b"{}", signed | {"webhook-id": "other"}), (b"{}", late)):
        with pytest.raises(WebhookVerificationError):
            Webhook(NEW).verify(body, told)
