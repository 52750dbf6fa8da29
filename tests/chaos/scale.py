"""How hard and how long: short and gentle for CI, the real figures with PBX_CHAOS=full."""

from __future__ import annotations

import os
from dataclasses import dataclass

FULL = os.environ.get("PBX_CHAOS") == "full"


@dataclass(frozen=True)
class Scale:
    users: int  # of the tenant
    register_rate: float  # REGISTERs a second, each two transactions
    call_rate: float  # calls a second, over all callers
    talk: float  # seconds that a call lasts
    outage: float  # seconds that a backend is away
    calm: float  # seconds of load before and after a fault
    faults: int  # in a row
    fault_gap: float  # seconds between two
    dialog_lease: float  # seconds
    session_check: float  # seconds between two questions to a lost node's phones


SCALE = (
    Scale(
        users=20_000,
        register_rate=1000,
        call_rate=100,
        talk=5,
        outage=60,
        calm=10,
        faults=200,
        fault_gap=1,
        dialog_lease=30,
        session_check=15,
    )
    if FULL
    else Scale(
        users=500,
        register_rate=60,
        call_rate=10,
        talk=2,
        outage=5,
        calm=2,
        faults=10,
        fault_gap=1.5,
        dialog_lease=6,
        session_check=4,
    )
)
