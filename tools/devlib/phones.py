"""A call between two phones of the demo, one on each proxy, and what it left behind."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from devlib.baresip import Account, Baresip, PhoneError
from devlib.cdrs import Cdr, Cdrs
from devlib.cluster import Cluster
from devlib.demo import Demo
from devlib.errors import DevError
from devlib.progress import Progress

FIRST_PHONE = 101  # last octet of the phones' addresses
RING_TIMEOUT = 15.0
CDR_TIMEOUT = 20.0


def make_call(cluster: Cluster, progress: Progress, caller: str, callee: str, talk: float) -> Cdr:
    """Registers both at different proxies, calls, talks, hangs up; returns the call's one CDR."""
    demo = Demo(cluster)
    proxies = cluster.workspace.of("proxy")
    with tempfile.TemporaryDirectory(prefix="pbx-call-") as folder:
        phones = [
            Baresip(
                cluster.workspace.address(FIRST_PHONE + i),
                Path(folder) / str(i),
                tone_hz=440 + 160 * i,
            )
            for i in range(2)
        ]
        with phones[0] as calling, phones[1] as called:
            try:
                with progress.step("register two phones") as step:
                    for phone, who, proxy in zip(phones, (caller, callee), proxies):
                        user, domain, password = demo.login(who)
                        phone.sign_in(Account(user, domain, password, proxy=proxy.address))
                    step.result = ", ".join(
                        f"{phone.account.aor} at {proxy.node}"
                        for phone, proxy in zip(phones, proxies)
                    )
                return _talk(cluster, progress, calling, called, talk)
            except PhoneError as error:
                raise DevError(
                    str(error),
                    log=cluster.services.daemon(proxies[0]).log,
                    hint="tools/dev logs proxy and tools/dev logs registrar tell why",
                ) from None


def _talk(
    cluster: Cluster, progress: Progress, calling: Baresip, called: Baresip, talk: float
) -> Cdr:
    assert calling.account and called.account
    started_ms = int(time.time() * 1000)
    with progress.step("call, answer, talk, hang up") as step:
        calling.dial(called.account.aor)
        called.wait("CALL_INCOMING", timeout=RING_TIMEOUT)
        called.answer()
        calling.wait("CALL_ESTABLISHED")
        called.wait("CALL_ESTABLISHED")
        _until(lambda: _audio_flows(calling, called), "audio in both directions", talk + 5)
        time.sleep(talk)
        heard = calling.rtp(), called.rtp()
        calling.hang_up()
        called.wait("CALL_CLOSED")
        step.result = (
            f"audio packets received: {heard[0].received} and {heard[1].received}, phone to phone"
        )
    with progress.step("the call's CDR"):
        return Cdrs(cluster).wait_one(
            calling.account.aor, since_ms=started_ms - 1000, timeout=CDR_TIMEOUT
        )


def _audio_flows(calling: Baresip, called: Baresip) -> bool:
    return calling.rtp().received > 0 and called.rtp().received > 0


def _until(true: Callable[[], bool], what: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        if time.monotonic() > deadline:
            raise PhoneError(f"no {what} within {timeout:.0f} s")
        time.sleep(0.05)
