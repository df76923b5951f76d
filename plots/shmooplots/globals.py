"""Globals after fork: what fork costs against resident memory, and what the first write to a page costs after it."""
from __future__ import annotations

from dataclasses import replace

import numpy as np

from . import classes, style, units, words
from .curves import absence_notes, floor_note, thinned
from .panel import TICK_POINTS, TIME, Panel, Scale, Strokes, name_ends, room_for
from .reading import Cell, Results, Series, median, spread
from .sheet import MARGIN, Chart, Point, Sheet, text_width
from .style import Looks

MIB = 1 << 20
_ROW = 3.3  # inches
_SAID = {("pages", "thp"): "THP", ("pages", ""): "4 KiB pages", ("writer", "parent"): "the parent writes",
         ("writer", ""): "the child writes"}


def fork(results: Results, looks: Looks) -> list[Chart]:
    """Fork, exit and wait against resident memory, with the slope written in."""
    return _draw(results, looks, "fork", "Fork, exit and wait against resident memory",
                 "How long a process that owns this much memory takes to fork a child that exits at once, and to wait for "
                 "it. Lower is better.", fitted=True)


def first_write(results: Results, looks: Looks) -> list[Chart]:
    """What one page costs when it is written for the first time after fork."""
    return _draw(results, looks, "first_write", "First write to a page after fork",
                 "Time per page when child or parent writes to memory that both still share, so that the kernel copies it. "
                 "Lower is better.", fitted=False)


def slope(points: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Base (ns) and slope (ns per MiB) of times (MiB, ns), by least relative squares, neither below zero; None for fewer
    than three sizes."""
    if len({mib for mib, _ in points}) < 3:
        return None
    mib, ns = (np.array(column, dtype=float) for column in zip(*points))
    base, per_mib = np.linalg.lstsq(np.column_stack([1 / ns, mib / ns]), np.ones(len(ns)), rcond=None)[0]
    if base < 0:
        base, per_mib = 0.0, np.sum(mib / ns) / np.sum((mib / ns)**2)
    if per_mib < 0:
        base, per_mib = np.sum(1 / ns) / np.sum(1 / ns**2), 0.0
    return float(base), float(per_mib)


def _names(cells: list[Cell]) -> dict[Series, str]:
    """What the series differ in, in words."""
    series = list(dict.fromkeys(cell.key.series for cell in cells))
    axes = list(dict.fromkeys(axis for one in series for axis, _ in one.variant))
    mechanisms = {one.mechanism for one in series}
    names = {}
    for one in series:
        values = dict(one.variant)
        parts = [one.mechanism] if len(mechanisms) > 1 else []
        for axis in axes or ["pages"]:
            value = values.get(axis, "")
            parts.append(_SAID.get((axis, value), f"{axis}:{value}" if value else f"default {axis}"))
        names[one] = ", ".join(parts)
    return names


def _draw(results: Results, looks: Looks, workload: str, title: str, subtitle: str, fitted: bool) -> list[Chart]:
    selection = classes.select(results.of("globals", workload))
    cells = selection.cells
    measured = [cell for cell in cells if cell.samples]
    if not measured:
        return []
    shown = thinned(sorted({cell.key.procs for cell in measured}), 3)
    measured = [cell for cell in measured if cell.key.procs in shown]
    scale = Scale(sorted({cell.key.bytes for cell in measured}))
    names = _names(measured)
    # Floors of variants differ (a fork with huge pages costs less): the line is that of the cells without any.
    plain = [cell for cell in measured if not cell.key.variant] or measured
    floored = bool(floor_note(plain))
    floor_name = "" if not floored else f"floor, {names[plain[0].key.series]}" if len(names) > 1 else "floor"
    fits = {}
    for one in names if fitted else []:
        last = [c for c in measured if c.key.series == one and c.key.procs == shown[-1]]
        fits[one] = slope([(c.key.bytes / MIB, median(c.times)) for c in last])
        if fits[one]:
            base, per_mib = fits[one]
            names[one] += f": {units.time(base)} + {units.time(per_mib)} per MiB"
    quantity = TIME if fitted else replace(TIME, label="time per page")
    low, high = room_for([v for c in measured for v in spread(c.times)] +
                         [v for c in plain if quantity.floors(c) for v in spread(quantity.floors(c))])
    left = MARGIN + 0.3 + max(text_width(units.time(t), TICK_POINTS) for t in (low, high))
    right = 0.42 + max(text_width(name, 8.0) for name in [*names.values(), floor_name]) + MARGIN
    width, head = (5.6, 0.0) if len(shown) == 1 else (3.2, 0.26)
    notes = floor_note(plain) + selection.notes + absence_notes(cells)
    if any(fits.values()):
        notes.insert(0, "Bands and figures: time = base + slope × memory, fitted to the medians.")
    sheet = Sheet(results, left + len(shown) * (width + 0.14) - 0.14 + right, head + _ROW + 0.46, title,
                  f"{subtitle} {selection.said}".rstrip(), notes)
    strokes = Strokes(looks, list(names))
    for column, procs in enumerate(shown):
        panel = Panel(sheet, left + column * (width + 0.14), head, width, _ROW, scale, low, high)
        if len(shown) > 1:
            sheet.text(panel.left, head - 0.07, units.processes(procs), 9, va="bottom", weight="bold")
        panel.frame(quantity, column == 0, scale.labelled(units.nbytes, width))
        sheet.text(panel.left + width / 2, panel.bottom + 0.29, words.size("globals"), 8, ha="center")
        floor: tuple[Point, bool, str] | None = None
        if floored:
            limit = strokes.add_floor(panel, [c for c in plain if c.key.procs == procs], lambda c: c.key.bytes, quantity)
            floor = limit and (limit, limit[0] > panel.x(scale.values[-1]) - 0.1, floor_name)
        ends: dict[Series, tuple[Point, bool]] = {}
        for one in sorted(names, key=looks.order):
            own = [c for c in measured if c.key.series == one and c.key.procs == procs]
            end = strokes.add(panel, one, own, lambda c: c.key.bytes, quantity)
            if end:
                ends[one] = (end, end[0] > panel.x(scale.values[-1]) - 0.1)
            if fits.get(one) and procs == shown[-1]:
                _band(panel, looks, one, own, *fits[one])
    strokes.hollow.clear()  # nothing here is shared: that is the subject
    name_ends(panel, strokes, ends, names, floor)
    sheet.text(MARGIN, head + _ROW / 2, quantity.label, 8.2, rotation=90, ha="center")
    sheet.text(MARGIN + 0.14, head + _ROW / 2, quantity.better, 7.2, rotation=90, ha="center", color=style.SOFT)
    strokes.draw(sheet)
    told = "; ".join(names.values())
    return [Chart(f"globals_{workload}", sheet.figure, f"globals/{workload}: {title}", "globals", told)]


def _band(panel: Panel, looks: Looks, series: Series, cells: list[Cell], base: float, per_mib: float) -> None:
    """The fitted line, broad and pale, over the sizes of this series."""
    sizes = sorted(panel.scale.position(c.key.bytes) for c in cells)
    path = []
    for size in np.geomspace(sizes[0], sizes[-1], 60):
        time = base + per_mib * (0.0 if size <= panel.scale.zero else size / MIB)
        if panel.low < time < panel.high:
            path.append((panel.x(size), panel.y(time)))
    panel.sheet.lines([path], looks[series.mechanism].colour, 6.0, 1.6, alpha=0.16)
