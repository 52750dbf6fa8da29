"""What breaks a contract and what only adds to it."""

import pytest
from check_proto import Parser, breaks, contract, main

BEFORE = """
syntax = "proto3";
package pbx.test.v1;
import "pbx/common/v1/page.proto";
// A comment; with { braces }
message Call {
  string id = 1;                 // "quoted; semicolon"
  repeated Party parties = 2;
  oneof end { uint32 code = 3; string reason = 4 [deprecated = true]; }
  map<string, uint64> counts = 5;
  message Party { optional string name = 1; }
}
enum Kind { KIND_UNSPECIFIED = 0; KIND_BUSY = 1; }
service Calls {
  rpc Watch(stream Call) returns (stream Call);
  rpc Get(Call) returns (Call) { option (pbx.api.v1.http) = { get: "/v1/call" }; }
}
"""


def change(old: str, new: str) -> list[str]:
    assert old in BEFORE
    return breaks(Parser(BEFORE).parse(), Parser(BEFORE.replace(old, new)).parse())


def test_every_numbered_thing_is_in_the_contract():
    assert Parser(BEFORE).parse() == {
        "pbx.test.v1.Call#1": "string id",
        "pbx.test.v1.Call#2": "repeated Party parties",
        "pbx.test.v1.Call#3": "uint32 code oneof end",
        "pbx.test.v1.Call#4": "string reason oneof end",
        "pbx.test.v1.Call#5": "map<string,uint64> counts",
        "pbx.test.v1.Call.Party#1": "optional string name",
        "pbx.test.v1.Kind#0": "value KIND_UNSPECIFIED",
        "pbx.test.v1.Kind#1": "value KIND_BUSY",
        "pbx.test.v1.Calls/Watch": "( stream Call ) returns ( stream Call )",
        "pbx.test.v1.Calls/Get": "( Call ) returns ( Call )",
    }


@pytest.mark.parametrize(
    "old, new",
    [
        ("string id = 1;", "string id = 1; string more = 9;"),
        ("KIND_BUSY = 1;", "KIND_BUSY = 1; KIND_FREE = 2;"),
        ("string id = 1;", "reserved 1;"),
        ("string id = 1;", "reserved 1 to 1, 20 to 22;"),
        ("service Calls {", "service Calls { rpc Put(Call) returns (Call);"),
    ],
)
def test_allowed(old, new):
    assert change(old, new) == []


@pytest.mark.parametrize(
    "old, new, why",
    [
        ("string id = 1;", "", "reserve its number"),
        ("string id = 1;", "bytes id = 1;", "is now 'bytes id'"),
        ("string id = 1;", "string name = 1;", "is now 'string name'"),
        ("string id = 1;", "string id = 9;", "is gone"),
        ("repeated Party", "Party", "is now 'Party parties'"),
        ("KIND_BUSY = 1;", "KIND_FREE = 1;", "KIND_FREE"),
        ("rpc Watch(stream Call)", "rpc Watch(Call)", "is now"),
        ("rpc Watch(stream Call) returns (stream Call);", "", "is gone"),
    ],
)
def test_refused(old, new, why):
    found = change(old, new)
    assert found and all(why in line for line in found)


def test_accept_records_the_contract(tmp_path, capsys):
    (tmp_path / "proto").mkdir()
    proto = tmp_path / "proto" / "test.proto"
    proto.write_text(BEFORE)
    assert main(["--root", str(tmp_path), "--accept"]) == 0
    assert main(["--root", str(tmp_path)]) == 0
    proto.write_text(BEFORE.replace("string id = 1;", "uint32 id = 1;"))
    assert main(["--root", str(tmp_path)]) == 1
    assert "--accept" in capsys.readouterr().out


def test_the_projects_own_files_can_be_read():
    from pathlib import Path

    entries = contract(Path(__file__).resolve().parents[4])
    assert entries["pbx.registrar.v1.Registrar/ListBindings"].startswith("( ListBindingsRequest")
