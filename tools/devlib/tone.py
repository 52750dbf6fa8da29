"""A tone as a microphone, and how to recognise it again."""

from __future__ import annotations

import array
import math
import wave
from pathlib import Path


def write_tone(path: Path, hz: int, seconds: int = 60, rate: int = 8000) -> None:
    """A mono 16-bit WAV file with one tone."""
    period = array.array(
        "h", (int(8000 * math.sin(2 * math.pi * hz * i / rate)) for i in range(rate))
    )
    with wave.open(str(path), "wb") as out:
        out.setnchannels(1)
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(period.tobytes() * seconds)


def tone_of(path: Path) -> float:
    """The frequency in a WAV file by its zero crossings, leaving out silence; 0 if there is only silence."""
    data = path.read_bytes()
    start = data.find(b"data")
    rate = int.from_bytes(data[24:28], "little") if start > 0 else 0
    if not rate:
        return 0.0
    body = data[start + 8 :]
    samples = array.array("h", body[: len(body) // 2 * 2])
    crossings, loud, last = 0, 0, 0
    for sample in samples:
        if abs(sample) < 200:
            loud += 1 if last else 0
            continue
        sign = 1 if sample > 0 else -1
        if last and sign != last:
            crossings += 1
        last = sign
        loud += 1
    return crossings / 2 / (loud / rate) if loud > rate // 10 else 0.0
