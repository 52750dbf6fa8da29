"""A flame graph as one SVG: a box a function, as wide as the share of samples that it is in."""

from __future__ import annotations

import html
from collections import Counter
from dataclasses import dataclass, field

WIDTH = 1200.0
ROW = 17
MIN_WIDTH = 0.6
LETTER = 6.4
COLOURS = ("#f6b26b", "#f9cb9c", "#ffd966", "#ea9999", "#f4cccc", "#e6b8af")


@dataclass
class Frame:
    samples: int = 0
    callees: dict[str, "Frame"] = field(default_factory=dict)

    def depth(self) -> int:
        return 1 + max((callee.depth() for callee in self.callees.values()), default=0)


def draw(stacks: Counter[tuple[str, ...]], title: str) -> str:
    root = Frame()
    for stack, samples in stacks.items():
        _add(root, stack, samples)
    height = (root.depth() + 2) * ROW
    boxes: list[str] = []
    _draw(boxes, root, title, 0.0, height - ROW, WIDTH / max(1, root.samples), root.samples)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH:.0f} {height}" '
        f'font-family="monospace" font-size="11">\n' + "\n".join(boxes) + "\n</svg>\n"
    )


def _add(frame: Frame, stack: tuple[str, ...], samples: int) -> None:
    frame.samples += samples
    for name in stack:
        frame = frame.callees.setdefault(name, Frame())
        frame.samples += samples


def _draw(
    boxes: list[str], frame: Frame, name: str, left: float, top: int, scale: float, total: int
) -> None:
    width = frame.samples * scale
    if width < MIN_WIDTH:
        return
    share = 100 * frame.samples / max(1, total)
    label = html.escape(name[: int(width / LETTER)]) if width > 3 * LETTER else ""
    boxes.append(
        f'<g><title>{html.escape(name)}: {frame.samples} samples, {share:.1f} %</title>'
        f'<rect x="{left:.1f}" y="{top}" width="{width:.1f}" height="{ROW - 1}" '
        f'fill="{COLOURS[sum(name.encode()) % len(COLOURS)]}"/>'
        f'<text x="{left + 2:.1f}" y="{top + 12}">{label}</text></g>'
    )
    for callee, below in sorted(frame.callees.items()):
        _draw(boxes, below, callee, left, top - ROW, scale, total)
        left += below.samples * scale
