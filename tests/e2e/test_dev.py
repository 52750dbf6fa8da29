"""tools/dev, as a person or a test from outside uses it on a running cluster."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest
from devlib.net import http_get
from site_under_test import HQ, LAB

DEV = Path(__file__).resolve().parents[2] / "tools" / "dev"


@pytest.fixture
def dev(site):
    """Runs a tools/dev command on the cluster under test."""

    def run(*words: str) -> subprocess.CompletedProcess:
        places = {
            "PBX_DEV_STATE": str(site.workspace.state),
            "PBX_DEV_BUILD": str(site.workspace.build),
            "PBX_DEV_NET": site.workspace.net,
        }
        return subprocess.run(
            [str(DEV), *words],
            env={**os.environ, **places},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_demo_json_tells_a_test_from_outside_all_it_needs(site, dev):
    done = dev("demo", "--json")
    assert done.returncode == 0, done.stderr
    demo = json.loads(done.stdout)
    assert set(demo) == {"proxies", "processes", "tenants"}
    assert [(p["node"], p["addr"]) for p in demo["proxies"]] == list(
        zip(("proxy-1", "proxy-2"), site.proxies)
    )
    assert all(set(p) == {"node", "addr", "pid"} for p in demo["proxies"])
    assert sorted(p["service"] for p in demo["processes"]) == [
        "billing",
        "provisioning",
        "proxy",
        "proxy",
        "registrar",
        "registrar",
    ]
    for process in demo["processes"]:
        assert set(process) == {"service", "node", "pid", "grpc", "metrics"}
        os.kill(process["pid"], 0)
        assert http_get(process["metrics"], "/metrics")[0] == 200
    assert [tenant["domain"] for tenant in demo["tenants"]] == [HQ, LAB]
    for tenant in demo["tenants"]:
        assert [user["extension"] for user in tenant["users"]] == [
            str(n) for n in range(1001, 1011)
        ]
    passwords = [user["password"] for tenant in demo["tenants"] for user in tenant["users"]]
    assert len(set(passwords)) == 20 and min(map(len, passwords)) >= 12


def test_the_logins_are_readable_by_their_owner_alone(site):
    assert site.workspace.demo_file.stat().st_mode & 0o077 == 0
    for name in ("kafka", "redis"):
        assert (site.workspace.state / name).stat().st_mode & 0o077 == 0


def test_status_shows_all_processes_ready(dev):
    done = dev("status")
    assert done.returncode == 0, done.stdout
    assert done.stdout.count(" ready ") == 9 and "not ready" not in done.stdout


def test_call_prints_its_cdr(dev):
    done = dev("call", f"1009@{LAB}", f"1010@{LAB}", "--talk", "0.5", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    cdr = json.loads(done.stdout)
    assert (cdr["caller"], cdr["callee"], cdr["outcome"]) == (
        f"1009@{LAB}",
        f"1010@{LAB}",
        "answered",
    )


def test_every_node_holds_a_lease(site):
    nodes = {node["node"] for node in site.pbxctl("node", "list")}
    assert {"proxy-1", "proxy-2", "registrar-1", "registrar-2"} <= nodes
