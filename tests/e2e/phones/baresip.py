"""baresip phones, each with its own loopback address and folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from devlib.baresip import Account, Baresip, PhoneError
from deadline import until

__all__ = ["Account", "Baresip", "PhoneError", "Phones", "talk", "assert_audio_is_direct"]

FIRST, LAST = 101, 199  # last octets of phones' addresses in the cluster's net


class Phones:
    """Makes started phones and ends them all at the end of a test."""

    def __init__(self, address: Callable[[int], str], folder: Path) -> None:
        self._address = address
        self._folder = folder
        self._made: list[Baresip] = []

    def make(self, **settings) -> Baresip:
        """A phone with an account to come. Each has another tone, so that ears can tell mouths."""
        index = len(self._made)
        assert FIRST + index <= LAST, "one test, too many phones"
        phone = Baresip(
            self._address(FIRST + index),
            self._folder / f"phone-{index + 1}",
            tone_hz=400 + 150 * index,
            **settings,
        )
        self._made.append(phone)
        phone.start()
        return phone

    def registered(self, account: Account, **settings) -> Baresip:
        phone = self.make(**settings)
        phone.sign_in(account)
        return phone

    def stop(self) -> None:
        for phone in self._made:
            phone.stop()


def talk(calling: Baresip, called: Baresip, packets: int = 25) -> None:
    """Returns once each of the two has received that many audio packets (20 ms each)."""
    until(
        lambda: min(calling.rtp().received, called.rtp().received) >= packets,
        f"{packets} audio packets in both directions",
    )


def assert_audio_is_direct(one: Baresip, other: Baresip) -> None:
    """Each sends its audio to an address and port that the other itself listens on."""
    for phone, peer in ((one, other), (other, one)):
        address, _, port = phone.rtp().remote.partition(":")
        assert address == peer.address
        assert int(port) == peer.rtp().local_port
