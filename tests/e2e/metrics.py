"""Reads a Prometheus text page."""

from __future__ import annotations

import re

SAMPLE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$", re.M)
LABEL = re.compile(r'(\w+)="((?:\\.|[^"\\])*)"')


class Metrics:
    def __init__(self, text: str) -> None:
        self._samples = [
            (name, dict(LABEL.findall(labels)), float(value))
            for name, labels, value in SAMPLE.findall(text)
        ]

    def total(self, name: str, **labels: str) -> float:
        """Sum of the samples with that name and at least those labels."""
        return sum(
            value
            for sample, found, value in self._samples
            if sample == name and labels.items() <= found.items()
        )

    def labels(self, name: str, label: str) -> dict[str, float]:
        """Values of one metric by one of its labels."""
        return {
            found[label]: value
            for sample, found, value in self._samples
            if sample == name and label in found
        }
