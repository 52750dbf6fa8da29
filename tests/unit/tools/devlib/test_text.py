"""Small pure pieces: netstrings, tones, result lines, addresses, configurations."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from devlib.baresip import Account
from devlib.baresip_control import take_netstrings
from devlib.cdrs import Cdr
from devlib.errors import DevError
from devlib.progress import elapsed, table
from devlib.services import Services
from devlib.testing import counts_of, failed_programs
from devlib.tone import tone_of, write_tone
from devlib.workspace import Workspace, check_net, open_workspace, remember


def test_netstrings_come_whole_or_wait():
    assert take_netstrings(b"5:hello,3:abc,4:in") == ([b"hello", b"abc"], b"4:in")
    assert take_netstrings(b"") == ([], b"")
    assert take_netstrings(b"12") == ([], b"12")


@pytest.mark.parametrize("hz", [400, 550, 1000])
def test_a_tone_is_recognised(tmp_path, hz):
    write_tone(tmp_path / "tone.wav", hz, seconds=1)
    assert tone_of(tmp_path / "tone.wav") == pytest.approx(hz, rel=0.01)


def test_silence_is_no_tone(tmp_path):
    write_tone(tmp_path / "tone.wav", 0, seconds=1)
    assert tone_of(tmp_path / "tone.wav") == 0


@pytest.mark.parametrize(
    "output, counts",
    [
        ("...\nAll tests passed (12 assertions in 5 test cases)\n", (5, 0, 0)),
        (
            "test cases:  7 |  5 passed | 2 failed\nassertions: 20 | 18 passed | 2 failed\n",
            (5, 2, 0),
        ),
        ("=== 3 failed, 61 passed, 2 skipped in 4.10s ===", (61, 3, 2)),
        ("64 passed in 0.17s", (64, 0, 0)),
        ("1 passed, 1 error in 0.17s", (1, 1, 0)),
        ("replayed 12 files", (0, 0, 0)),
    ],
)
def test_results_are_read_from_the_runners_last_line(output, counts):
    assert counts_of(output) == counts


def test_a_sanitizers_finding_gets_no_second_try(tmp_path):
    report = tmp_path / "junit.xml"
    report.write_text(
        "<testsuite>"
        '<testcase name="good" status="run"><system-out>fine</system-out></testcase>'
        '<testcase name="slow" status="fail"><system-out>waited for 200</system-out></testcase>'
        '<testcase name="race" status="fail"><system-out>WARNING: ThreadSanitizer: data race'
        "</system-out></testcase>"
        "</testsuite>"
    )
    assert failed_programs(report) == {"slow": "waited for 200"}
    assert set(failed_programs(report, findings=True)) == {"slow", "race"}
    assert failed_programs(tmp_path / "none.xml") == {}


def test_accounts_are_written_as_baresip_reads_them():
    line = Account("1001", "hq.test", "secret", proxy="127.0.0.11", transport="tcp").line()
    assert line == (
        "<sip:1001@hq.test;transport=tcp>;answermode=manual;audio_codecs=PCMU;auth_user=1001;"
        'auth_pass=secret;outbound="sip:127.0.0.11;transport=tcp";regint=600'
    )
    assert Account("bob", "127.0.0.9").line().endswith(";regint=0")


def test_a_cdr_is_read_from_protobufs_json():
    cdr = Cdr.of(
        {
            "call_id": "c",
            "tenant_id": "4",
            "started_at_ms": "1700000000000",
            "sip_code": 200,
            "more": 1,
        }
    )
    assert (cdr.tenant_id, cdr.started_at_ms, cdr.sip_code, cdr.callee) == (
        4,
        1700000000000,
        200,
        "",
    )
    assert dict(cdr.lines())["answered"] == "-"


def test_times_and_tables_for_people():
    assert [elapsed(0.04), elapsed(59.9), elapsed(61)] == ["0.0 s", "59.9 s", "1 min 01 s"]
    assert (
        table(("A", "LONGER"), [("x", "y"), ("long", "")])
        == "A     LONGER\n----  ------\nx     y\nlong"
    )


@pytest.mark.parametrize("net", ["10.0.0", "127.0", "127.0.0.1", "127.0.300", "localhost", ""])
def test_only_loopback_nets_are_taken(net):
    with pytest.raises(DevError, match="not a loopback net"):
        check_net(net)


def test_up_remembers_where_the_cluster_is(tmp_path, monkeypatch):
    for name in ("PBX_DEV_NET", "PBX_DEV_BUILD", "PBX_DEV_STATE"):
        monkeypatch.delenv(name, raising=False)
    first = open_workspace(str(tmp_path), "asan", "127.0.7")
    remember(first)
    again = open_workspace(str(tmp_path))
    assert (again.net, again.build, again.of("proxy")[1].address) == (
        "127.0.7",
        first.build,
        "127.0.7.12",
    )
    assert open_workspace(str(tmp_path), net="127.0.8").net == "127.0.8"


def test_configurations_say_where_and_never_secrets(tmp_path):
    workspace = Workspace(tmp_path, Path("/none"), "127.0.7")
    services = Services(workspace, {"proxy": {"timer_c": "8s"}})
    assert {p.node for p in services.write_configs()} == {p.node for p in workspace.processes}
    assert services.write_configs() == []
    proxy = json.loads(services.config_file(workspace.of("proxy")[0]).read_text())
    assert proxy["registrar"]["targets"] == ["127.0.7.21:55012", "127.0.7.22:55012"]
    assert [each["listen"] for each in proxy["listeners"]] == ["127.0.7.11:5060"] * 2
    assert proxy["timer_c"] == "8s"
    written = "".join(path.read_text() for path in workspace.etc.iterdir())
    assert not any(secret in written for secret in workspace.secrets.values())
    keys = workspace.keys.load()
    made = [key for kind in keys.values() for ring in kind.rings.values() for key in ring]
    private = [key.get("secret") or key["private"] for key in made]
    assert not any(key in written for key in private)
    for name in ("secrets.json", *(f"keys/{path.name}" for path in workspace.keys.folder.iterdir())):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0
