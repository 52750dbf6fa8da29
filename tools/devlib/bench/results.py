"""The table for people and the file for programs."""

from __future__ import annotations

import datetime
import json
import os
import platform
from pathlib import Path

from devlib.bench.works import Row
from devlib.progress import table
from devlib.workspace import ROOT

RESULTS = ROOT / "tests" / "bench" / "results"
README = ROOT / "tests" / "bench" / "README.md"
BEGIN, END = "<!-- results: written by tools/dev bench -->", "<!-- end of results -->"
HEADINGS = ("WORK", "UNIT", "OURS", "RIVAL", "VALUE", "RATIO", "TARGET", "")


def show(rows: list[Row]) -> str:
    return table(HEADINGS, [_cells(row) for row in rows])


def _cells(row: Row) -> tuple[str, ...]:
    sign = "≥" if row.at_least else "≤"
    met = {True: "met", False: "missed", None: ""}[row.met]
    return (
        row.name,
        row.unit,
        _number(row.ours),
        row.rival,
        _number(row.rival_value),
        _number(row.ratio),
        f"{sign} {row.target}" if row.target is not None else "",
        f"{met} {row.note}".strip(),
    )


def _number(value: float | None) -> str:
    if value is None:
        return "—"
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.2f}"


def save(rows: list[Row], date: datetime.date | None = None) -> Path:
    """One file a day: rows measured again replace the old ones, the others stay."""
    path = RESULTS / f"{date or datetime.date.today()}.json"
    RESULTS.mkdir(parents=True, exist_ok=True)
    kept = json.loads(path.read_text())["rows"] if path.exists() else []
    fresh = [_as_json(row) for row in rows]
    names = {_key(row) for row in fresh}
    rows_json = [row for row in kept if _key(row) not in names] + fresh
    text = json.dumps({"machine": machine(), "rows": rows_json}, indent=1, ensure_ascii=False)
    path.write_text(text + "\n")
    return path


def write_readme(path: Path) -> None:
    """Puts the rows of a results file into the README, missed ones included."""
    said = json.loads(path.read_text())
    machine_text = ", ".join(f"{name} {value}" for name, value in said["machine"].items())
    lines = [f"{path.stem}; {machine_text}.", ""]
    lines += ["| work | unit | ours | rival | its figure | ratio | target | |", "|---" * 8 + "|"]
    for row in said["rows"]:
        given = {name: row.get(name) for name in Row.__dataclass_fields__ if name in row}
        lines.append("| " + " | ".join(_markdown_cells(Row(**given))) + " |")
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text("\n".join([before + BEGIN, *lines, END]) + after)


def _markdown_cells(row: Row) -> list[str]:
    name, unit, ours, rival, value, ratio, target, met = _cells(row)
    return [name, unit, ours, rival, value, ratio, target, met.replace("missed", "**missed**")]


def _key(row: dict) -> tuple:
    return row["name"], row["rival"], row["unit"]


def _as_json(row: Row) -> dict:
    fields = {
        "name": row.name,
        "ours": _round(row.ours),
        "rival": row.rival,
        "rival_value": _round(row.rival_value),
        "unit": row.unit,
        "ratio": _round(row.ratio),
        "target": row.target,
    }
    more = {"note": row.note, "details": row.details, "at_least": row.at_least}
    return fields | {name: value for name, value in more.items() if value}


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def machine() -> dict[str, str | int | float]:
    """What the figures were measured on."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    return {
        "cpu": model,
        "cores": os.cpu_count() or 0,
        "kernel": platform.release(),
        "load average afterwards": round(os.getloadavg()[2], 1),
    }
