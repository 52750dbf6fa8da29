"""What g++ 12 gets right and wrong around co_await, as the check sees it."""

import pytest
from check_coawait import faults


def lines(code: str) -> list[int]:
    return [line for line, _ in faults(f"asio::awaitable<void> f() {{\n{code}\n}}\n")]


@pytest.mark.parametrize(
    "code",
    [
        "co_await g(x);",
        "const auto [error] = co_await socket.async_wait(kRead, as_tuple);",
        "if (co_await g(x)) { h(); }",
        "while (!co_await g(x)) { h(); }",
        "for (;;) { co_await g(); }",
        "const Agg agg{1, 2};\nco_await g(agg);",
        "auto task = [this] { return 1; };\nco_await run(task);",
        "co_await g();\nfor (const auto& x : y) { z[0] = x; }",
        "co_return co_await g(\"{\", '[');  // { [",
        "switch (x) { case 1: { co_await g(); } }",
        "} else { co_await g();",
        "auto lambda = [] () -> asio::awaitable<void> { co_await g(); };",
        "try { co_await g(); } catch (...) {}",
        "PBX_CO_TRY(const auto x, g(y));",
        "struct A { int x; };\nco_await g();",
    ],
)
def test_sound(code):
    assert lines(code) == []


@pytest.mark.parametrize(
    "code, line",
    [
        ("co_await g(Agg{1});", 2),
        ("co_await g({1, 2});", 2),
        ("co_await g(h(Agg{1}));", 2),
        ("co_await run([this] { return 1; });", 2),
        ("co_await g(table[1]);", 2),
        ("co_await g(\n    x,\n    Agg{1});", 4),
        ("if (co_await g(Agg{1})) h();", 2),
        ("both(Agg{1}, co_await g());", 2),
        ("use(Agg{co_await g()});", 2),
        ("PBX_CO_TRY(const auto x, g(Agg{1}));", 2),
    ],
)
def test_refused(code, line):
    assert lines(code) == [line]
