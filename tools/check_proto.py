#!/usr/bin/python3
"""Refuses changes to proto/ that break who reads old messages, configurations or JSON.

  tools/check_proto.py                 compares proto/ with proto/contract.json
  tools/check_proto.py --accept        writes proto/contract.json anew: the break, or the addition, is meant
  tools/check_proto.py --root FOLDER   the same for another tree

Breaking: a field, enum value or method that is gone (a field's or value's number may be `reserved`
instead), renumbered, renamed (JSON uses names) or of another type. Additions are fine; `--accept`
puts them under the same protection.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
from pathlib import Path

TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\])*"|[\w.]+|[{}=;<>,()\[\]-]', re.S)


class Parser:
    """The little of proto3 that the project writes: messages, enums, services, oneofs, maps, reserved."""

    def __init__(self, text: str) -> None:
        self._tokens = [t for t in TOKEN.findall(text) if not t.startswith(("//", "/*"))]
        self._at = 0
        self._package = ""
        self.entries: dict[str, str] = {}

    def parse(self) -> dict[str, str]:
        """Contract entries: what is numbered or named, and what it is."""
        while self._at < len(self._tokens):
            word = self._take()
            if word == "package":
                self._package = self._take()
            elif word in ("message", "enum", "service"):
                getattr(self, f"_{word}")(self._package)
                continue
            self._skip_statement(word)
        return self.entries

    def _take(self) -> str:
        token = self._tokens[self._at]
        self._at += 1
        return token

    def _peek(self) -> str:
        return self._tokens[self._at]

    def _skip_statement(self, word: str) -> None:
        while word != ";":
            word = self._take()

    def _message(self, scope: str) -> None:
        name = f"{scope}.{self._take()}"
        self._take()
        self._fields(name, "")

    def _fields(self, name: str, oneof: str) -> None:
        while (word := self._take()) != "}":
            if word in ("message", "enum"):
                getattr(self, f"_{word}")(name)
            elif word == "oneof":
                group = self._take()
                self._take()
                self._fields(name, group)
            elif word == "reserved":
                self._reserved(name)
            elif word in ("option", ";"):
                self._skip_statement(word)
            else:
                self._field(name, word, oneof)

    def _field(self, name: str, word: str, oneof: str) -> None:
        kind = [word]
        while self._peek() != "=":
            kind.append(self._take())
        label = kind.pop()
        self._take()
        number = self._take()
        self._skip_statement("")
        text = "".join(kind) if kind[0] == "map" else " ".join(kind)
        self.entries[f"{name}#{number}"] = f"{text} {label}" + (f" oneof {oneof}" if oneof else "")

    def _reserved(self, name: str) -> None:
        numbers = []
        while (word := self._take()) != ";":
            numbers.append(word)
        text = " ".join(numbers)
        for first, last in re.findall(r"\b(\d+)(?: to (\d+))?", text):
            for number in range(int(first), int(last or first) + 1):
                self.entries[f"{name}#{number}"] = "reserved"

    def _enum(self, scope: str) -> None:
        name = f"{scope}.{self._take()}"
        self._take()
        while (word := self._take()) != "}":
            if word == "reserved":
                self._reserved(name)
            elif word in ("option", ";"):
                self._skip_statement(word)
            else:
                self._take()
                self.entries[f"{name}#{self._take()}"] = f"value {word}"
                self._skip_statement("")

    def _service(self, scope: str) -> None:
        name = f"{scope}.{self._take()}"
        self._take()
        while (word := self._take()) != "}":
            if word != "rpc":
                self._skip_statement(word)
                continue
            method = self._take()
            signature = []
            while self._peek() not in (";", "{"):
                signature.append(self._take())
            self.entries[f"{name}/{method}"] = " ".join(signature)
            if self._take() == "{":
                self._skip_block()

    def _skip_block(self) -> None:
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self._take(), 0)


def contract(root: Path) -> dict[str, str]:
    entries: dict[str, str] = {}
    for path in sorted((root / "proto").rglob("*.proto")):
        entries |= Parser(path.read_text()).parse()
    return dict(sorted(entries.items()))


def breaks(old: dict[str, str], new: dict[str, str]) -> list[str]:
    found = []
    for key, was in old.items():
        now = new.get(key)
        if now is None:
            found.append(f"{key} ({was}) is gone" + ("; reserve its number" if "#" in key else ""))
        elif now not in (was, "reserved"):
            found.append(f"{key} was '{was}' and is now '{now}'")
    return found


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--accept", action="store_true")
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[1])
    options = parser.parse_args(arguments)
    file = options.root / "proto" / "contract.json"
    new = contract(options.root)
    if options.accept:
        file.write_text(json.dumps(new, indent=1) + "\n")
        return 0
    old = json.loads(file.read_text()) if file.exists() else {}
    found = breaks(old, new)
    for line in found:
        print(f"proto: {line}")
    if found:
        print(
            "proto: if that is meant, run tools/check_proto.py --accept and commit proto/contract.json"
        )
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
