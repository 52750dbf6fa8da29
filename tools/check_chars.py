#!/usr/bin/python3
"""Refuses comparisons of a plain char that end differently where char has no sign (ARM).

  tools/check_chars.py [FILE…]      all C++ files of the tree, or these

Bytes above 127 are negative on x86 and positive on ARM, so `c <= ' '` lets them pass on one and not
on the other. Two bounds (`c >= 'a' && c <= 'z'`) are the same everywhere. Compare an unsigned char,
or use what libs/sip/detail has.
"""

from __future__ import annotations

import re
import sys

from check_sources import run

COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.S)
PLAIN = re.compile(r"(?<!unsigned )(?<!signed )\bchar\s+(\w+)\s*[=:;,)]")
VALUE = r"(?P<value>0[xX][0-9a-fA-F]+|\d+|'(?:[^'\\]|\\x[0-9a-fA-F]{1,2}|\\.)')"


def number(text: str) -> int:
    if text.startswith("'"):
        body = text[1:-1]
        return int(body[2:], 16) if body.startswith("\\x") else ord(body[-1])
    return int(text, 0) if text.lower().startswith("0x") or text == "0" else int(text)


def is_plain(code: str, name: str, before: int) -> bool:
    """The last declaration of that name is of a char without a word on its sign."""
    declared = re.compile(
        rf"\b(unsigned\s+char|signed\s+char|char|auto|int|unsigned|[\w:]+_t)\s+{name}\s*[=:;,)]"
    )
    types = [found[1] for found in declared.finditer(code, 0, before)]
    return bool(types) and types[-1] == "char"


def faults(text: str) -> list[tuple[int, str]]:
    """(line, what) for each comparison that the sign of char decides."""
    code = COMMENT.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    found = []
    for name in sorted(set(PLAIN.findall(code))):
        for match in re.finditer(rf"\b{name}\s*(?P<how><=|>=|==|!=|<|>)\s*{VALUE}", code):
            if not is_plain(code, name, match.start()):
                continue
            value, how = number(match["value"]), match["how"]
            line_start = code.rfind("\n", 0, match.start()) + 1
            line_end = code.find("\n", match.end())
            line = code[line_start : line_end if line_end >= 0 else len(code)]
            if how in ("==", "!="):
                bad = value >= 0x80
            else:
                # A letter or digit as one bound has the other one beside it.
                other = ">" if how.startswith("<") else "<"
                bad = value >= 0x80 or not re.search(rf"\b{name}\s*{other}=?\s*['0-9]", line)
            if bad:
                found.append(
                    (code.count("\n", 0, match.start()) + 1, f"the sign of char decides '{match[0]}'")
                )
    return sorted(found)


if __name__ == "__main__":
    sys.exit(run(__doc__, faults, sys.argv[1:]))
