"""Quantities as people read them, and round positions for logarithmic axes."""
from __future__ import annotations

import math

_BYTES = ("B", "KiB", "MiB", "GiB", "TiB", "PiB")
_TIMES = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))
_RATES = ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "k"), (1.0, ""))


def digits(value: float) -> str:
    """Two significant digits, three from 100 on: 0.061, 6.1, 61, 612, 1,234; no trailing zeros behind the point."""
    if value == 0:
        return "0"
    places = max(0, 1 - math.floor(math.log10(abs(value)) + 1e-12))
    text = f"{value:,.{places}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def nbytes(count: float) -> str:
    """Bytes in powers of 1024: 24 B, 1.5 KiB, 64 MiB."""
    power = 0
    while count >= 1024 and power + 1 < len(_BYTES):
        count, power = count / 1024, power + 1
    number = f"{count:.0f}" if count == int(count) else digits(count)
    return f"{number} {_BYTES[power]}"


def time(ns: float) -> str:
    """Nanoseconds as ns, µs, ms or s: 2.4 ns, 190 µs."""
    for scale, unit in _TIMES:
        if ns >= scale * 0.9995:
            return f"{digits(ns / scale)} {unit}"
    return f"{digits(ns)} ns"


def count(value: float) -> str:
    """A plain number with k, M, G: 2.4 M."""
    for scale, unit in _RATES:
        if value >= scale * 0.9995:
            return f"{digits(value / scale)} {unit}".rstrip()
    return digits(value)


def rate(per_second: float) -> str:
    """Operations per second: 2.4 M/s."""
    text = count(per_second)
    return f"{text}/s"


def byte_rate(per_second: float) -> str:
    """Bytes per second: 1.5 GiB/s."""
    return f"{nbytes(per_second)}/s"


def factor(ratio: float) -> str:
    """How many times: 0.04×, 1.04×, 1.8×, 12×, 1,200×."""
    if ratio < 0.095:
        return f"{digits(float(f'{ratio:.1g}'))}×"
    if 1.0 < ratio < 1.095:
        return f"{max(ratio, 1.01):.2f}×"
    if ratio < 9.95:
        return f"{ratio:.1f}×"
    return f"{ratio:,.0f}×" if ratio < 999.5 else f"{round(ratio, -2):,.0f}×"


def percent(share: float) -> str:
    """71 %, in one word that no line break divides; never 0 % or 100 % for what is not."""
    if 0 < share < 0.005:
        return "<\u00a01\u00a0%"
    return ">\u00a099\u00a0%" if 0.995 <= share < 1 else f"{share * 100:.0f}\u00a0%"


def processes(number: int) -> str:
    return "1 process" if number == 1 else f"{number} processes"


def decimal_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round values in [low, high] for a logarithmic axis: decades, with 2 and 5 between them where decades are few."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))

    def inside(steps: tuple[int, ...], stride: int = 1) -> list[float]:
        return [m * 10.0**e for e in range(first, last + 1) if e % stride == 0 for m in steps
                if low * 0.999 <= m * 10.0**e <= high * 1.001]

    for steps in ((1,), (1, 3), (1, 2, 5), (1, 2, 3, 5, 7)):
        if len(inside(steps)) >= 3:
            break
    stride = 1
    while steps == (1,) and len(inside(steps, stride)) > most:
        stride += 1
    return inside(steps, stride)


def binary_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Powers of two in [low, high], every one, second, fourth ... so that at most `most` remain."""
    first, last = math.ceil(math.log2(low) - 1e-9), math.floor(math.log2(high) + 1e-9)
    stride = 1
    while (last - first) // stride + 1 > most:
        stride += 1 if stride < 2 else 2
    return [2.0**e for e in range(first, last + 1) if e % stride == 0]
