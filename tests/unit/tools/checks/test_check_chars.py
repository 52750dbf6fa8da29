"""Which comparisons the sign of char decides, as the check sees it."""

import pytest
from check_chars import faults


@pytest.mark.parametrize(
    "code",
    [
        "bool f(char c) { return c >= 'a' && c <= 'z'; }",
        "bool f(char c) { return c == ' ' || c == 0x7F; }",
        "bool f(char c) { return static_cast<unsigned char>(c) <= 0x20; }",
        "bool f(unsigned char c) { return c <= ' '; }",
        "for (const char c : text) g(c);\nfor (unsigned c = 0; c < 0x80; ++c) h(c);",
        "bool f(char c) { return g(c); }  // not c <= ' '",
    ],
)
def test_right_on_every_machine(code):
    assert faults(code) == []


@pytest.mark.parametrize(
    "code, line",
    [
        ("bool f(char c) {\n  return c <= ' ';\n}", 2),
        ("for (const char c : text) {\n  if (c < 0x20) return;\n}", 2),
        ("const char c = text.front();\ng(c > '~');", 2),
        ("bool f(char byte) { return byte == '\\xff'; }", 1),
        ("bool f(char byte) { return byte >= 0x80; }", 1),
    ],
)
def test_decided_by_the_sign(code, line):
    assert [at for at, _ in faults(code)] == [line]
