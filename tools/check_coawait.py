#!/usr/bin/python3
"""Refuses `{` and `[` within a co_await expression.

  tools/check_coawait.py [FILE…]      all C++ files of the tree, or these

g++ 12 destroys a braced temporary, or a lambda with captures, twice when it stands anywhere in an
expression with co_await. Name the value on the line above. PBX_CO_TRY awaits too.
"""

from __future__ import annotations

import re
import sys

from check_sources import run

AWAIT = re.compile(r"\bco_await\b|\bPBX_CO_TRY\w*\s*(?=\()")
LITERALS = re.compile(
    r'R"(?P<tag>[^()\s\\"]{0,16})\(.*?\)(?P=tag)"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])+\''
    r"|//[^\n]*|/\*.*?\*/",
    re.S,
)
OPEN, CLOSE = "([{", ")]}"
# What stands before the brace of a block rather than of a value.
BLOCK_BEFORE = re.compile(r"(?:[;{})]|\b(?:else|do|try|const|noexcept|mutable|override|final))\s*$")


def blank_literals(text: str) -> str:
    """Comments, strings and characters become spaces; line ends stay, so that lines keep their numbers."""
    return LITERALS.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)


def faults(text: str) -> list[tuple[int, str]]:
    """(line, what) for each co_await that shares its expression with a brace or bracket."""
    code = blank_literals(text)
    found = {}
    for awaited in AWAIT.finditer(code):
        at = brace_after(code, awaited.end())
        if at is None:
            at = value_brace_around(code, awaited.start())
        if at is not None:
            line = code.count("\n", 0, at) + 1
            found[line] = f"'{code[at]}' in a co_await expression: name the value on the line above"
    return sorted(found.items())


def brace_after(code: str, start: int) -> int | None:
    """The first brace or bracket between co_await and the end of its expression."""
    depth = 0
    for at in range(start, len(code)):
        char = code[at]
        if char in "{[":
            return at
        if char == "(":
            depth += 1
        elif char == ")":
            depth -= 1
            if depth < 0:
                return None  # of an enclosing if (…) or call; what encloses is looked at backwards
        elif char == ";" and depth == 0:
            return None
    return None


def value_brace_around(code: str, start: int) -> int | None:
    """A braced value that co_await stands in, or that stands before it in the same statement."""
    for at in range(start - 1, -1, -1):
        char = code[at]
        if char == ";":
            return None
        if char == "}":
            if is_block(code, matching_open(code, at)):
                return None
            return at
        if char == "{":
            return None if is_block(code, at) else at
    return None


def matching_open(code: str, close: int) -> int:
    depth = 0
    for at in range(close, -1, -1):
        if code[at] in CLOSE:
            depth += 1
        elif code[at] in OPEN:
            depth -= 1
            if depth == 0:
                return at
    return 0


def is_block(code: str, brace: int) -> bool:
    before = code[max(0, brace - 300) : brace]
    if BLOCK_BEFORE.search(before) or not before.strip():
        return True
    # A trailing return type, a case label, a namespace, class or enum.
    return bool(
        re.search(
            r"(?:->\s*[\w:<>,*&\s]+|:|\b(?:namespace|struct|class|enum|union)\b[^;{}()]*)\s*$",
            before,
        )
    )


if __name__ == "__main__":
    sys.exit(run(__doc__, faults, sys.argv[1:]))
