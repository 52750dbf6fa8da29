"""What runs where, for people and for programs."""

from __future__ import annotations

from pathlib import Path

from devlib.cluster import Cluster
from devlib.demo import Demo
from devlib.process import start_time
from devlib.progress import table
from devlib.workspace import SIP_PORT

TICKS = 100  # the kernel's USER_HZ


def status_table(cluster: Cluster) -> str:
    rows = []
    for name, backend in (
        ("PostgreSQL", cluster.postgres),
        ("Redis", cluster.redis),
        ("Kafka", cluster.kafka),
    ):
        pid = backend.daemon.pid()
        state = "stopped" if not pid else "ready" if backend.answers() else "not ready"
        rows.append(
            (name, state, str(pid or "-"), _age(pid), f"{backend.host}:{backend.port}", "", "")
        )
    for process, pid in cluster.processes():
        state = (
            "stopped" if not pid else "ready" if cluster.services.ready(process) else "not ready"
        )
        sip = f"{process.address}:{SIP_PORT} udp+tcp" if process.service == "proxy" else ""
        rows.append(
            (process.node, state, str(pid or "-"), _age(pid), sip, process.grpc, process.admin)
        )
    return table(("PROCESS", "STATE", "PID", "UP", "LISTENS", "GRPC", "METRICS"), rows)


def logins_table(cluster: Cluster) -> str:
    rows = [
        (f"{user['extension']}@{tenant['domain']}", user["password"])
        for tenant in Demo(cluster).tenants()
        for user in tenant["users"]
    ]
    half = (len(rows) + 1) // 2
    return table(
        ("USER", "PASSWORD", "USER", "PASSWORD"), [a + b for a, b in zip(rows[:half], rows[half:])]
    )


def demo_json(cluster: Cluster) -> dict:
    """What a test from outside needs to know."""
    pids = {process.node: pid for process, pid in cluster.processes()}
    return {
        "proxies": [
            {"node": p.node, "addr": p.address, "pid": pids[p.node]}
            for p in cluster.workspace.of("proxy")
        ],
        "processes": [
            {
                "service": p.service,
                "node": p.node,
                "pid": pids[p.node],
                "grpc": p.grpc,
                "metrics": p.admin,
            }
            for p in cluster.workspace.processes
        ],
        "tenants": Demo(cluster).tenants(),
    }


def _age(pid: int | None) -> str:
    started = start_time(pid) if pid else None
    if started is None:
        return ""
    uptime = float(Path("/proc/uptime").read_text().split()[0])
    seconds = int(uptime - started / TICKS)
    if seconds < 3600:
        return f"{seconds // 60}m{seconds % 60:02d}s"
    return f"{seconds // 3600}h{seconds // 60 % 60:02d}m"
