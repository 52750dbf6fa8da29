"""The phones themselves, without a cluster: what they report must be true before they judge others."""

from __future__ import annotations

import pytest
from phones import sipp
from phones.baresip import Account, Phones, assert_audio_is_direct, talk


@pytest.fixture
def pair(net, tmp_path):
    """Two phones that call each other without a proxy."""
    phones = Phones(lambda last: f"{net}.{last}", tmp_path)
    yield phones.make(), phones.make()
    phones.stop()


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_two_phones_talk_and_hear_each_other(pair, transport):
    calling, called = pair
    calling.sign_in(Account("alice", calling.address, transport=transport))
    called.sign_in(Account("bob", called.address, transport=transport))

    calling.dial(f"bob@{called.address}")
    called.wait("CALL_INCOMING")
    called.answer()
    calling.wait("CALL_ESTABLISHED")
    talk(calling, called, packets=40)
    assert_audio_is_direct(calling, called)
    called.hang_up()
    calling.wait("CALL_CLOSED")
    called.wait("CALL_CLOSED")

    assert calling.heard_hz() == pytest.approx(called.tone_hz, rel=0.02)
    assert called.heard_hz() == pytest.approx(calling.tone_hz, rel=0.02)
    assert "INVITE sip:bob@" in calling.sip_trace()


def test_a_refused_call_says_how(pair):
    calling, called = pair
    calling.sign_in(Account("alice", calling.address))
    called.sign_in(Account("bob", called.address))

    calling.dial(f"bob@{called.address}")
    called.wait("CALL_INCOMING")
    called.hang_up()

    assert calling.wait("CALL_CLOSED").param.startswith("486")


def test_sipp_that_sees_something_else_fails(net, tmp_path):
    with pytest.raises(sipp.SippFailed):
        sipp.play(
            "register",
            local=f"{net}.150",
            proxy=f"{net}.151",
            folder=tmp_path,
            user="x",
            domain="y",
            password="z",
            recv_timeout_ms=500,
        )
