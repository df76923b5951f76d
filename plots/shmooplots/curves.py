"""Time per operation and throughput of a workload, against size and against process count, as small multiples."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from . import style, units, words
from .panel import BYTE_RATE, RATE, TICK_POINTS, TIME, Panel, Quantity, Scale, Strokes, name_ends, room_for
from .reading import Cell, Results, Series, spread
from .sheet import MARGIN, Chart, Point, Sheet, stem, text_width
from .style import Looks

MOST_PANELS = 5
_ROW, _HEAD, _LANE, _BETWEEN = 2.6, 0.26, 0.125, 0.17  # inches


@dataclass(frozen=True)
class Axis:
    """What runs along x within a panel, and what the panels differ in."""
    stem: str
    at: Callable[[Cell], int]
    write: Callable[[int], str]
    panel: Callable[[Cell], int]
    panel_name: Callable[[int], str]
    label: str
    against: str
    shared_y: bool
    """Whether all panels have the same y axis: sizes differ too much for that."""


def by_size(results: Results, looks: Looks) -> list[Chart]:
    """One chart per workload that was measured at several sizes: panels per process count."""
    charts = []
    for contract, workload, cells in _workloads(results):
        if len({c.key.bytes for c in cells}) < 2 and len({c.key.procs for c in cells}) > 1:
            continue  # by_procs shows it
        axis = Axis("by_size", lambda c: c.key.bytes, units.nbytes, lambda c: c.key.procs, units.processes,
                    words.size(contract), words.size(contract), True)
        moved = {round(s.bytes_per_second / s.operations_per_second) if s.bytes_per_second else 0 for c in cells
                 for s in c.samples}
        moves = len(moved) > 1 and 0 not in moved  # else bytes per second say nothing that operations do not
        charts.append(_draw(results, looks, contract, workload, cells, axis, [TIME, BYTE_RATE if moves else RATE]))
    return charts


def by_procs(results: Results, looks: Looks) -> list[Chart]:
    """One chart per workload that was measured with several process counts: panels per size."""
    charts = []
    for contract, workload, cells in _workloads(results):
        if len({c.key.procs for c in cells}) < 2:
            continue
        axis = Axis("by_procs", lambda c: c.key.procs, str, lambda c: c.key.bytes, units.nbytes, "processes",
                    "number of processes", False)
        charts.append(_draw(results, looks, contract, workload, cells, axis, [TIME, RATE]))
    return charts


def _workloads(results: Results) -> list[tuple[str, str, list[Cell]]]:
    """Contract, workload and its cells, where at least one was measured. Globals have charts of their own."""
    found = []
    for contract in words.contracts(results.cells):
        for workload in words.workloads(results.cells, contract) if contract != "globals" else []:
            cells = results.of(contract, workload)
            if any(cell.samples for cell in cells):
                found.append((contract, workload, cells))
    return found


def thinned(values: list[int], most: int = MOST_PANELS) -> list[int]:
    """At most `most` of the sorted values, first and last among them."""
    if len(values) <= most:
        return values
    return [values[round(i * (len(values) - 1) / (most - 1))] for i in range(most)]


def absence_notes(cells: list[Cell]) -> list[str]:
    """What is missing and why, in a few lines: mechanisms with the same reason together."""
    skipped: dict[str, set[str]] = {}
    for cell in cells:
        if cell.skipped:
            skipped.setdefault(cell.skipped, set()).add(cell.key.series.label)
    reasons = [f"{', '.join(sorted(names))} ({reason})" for reason, names in skipped.items()]
    notes = []
    if reasons:
        more = f"; {len(reasons) - 4} more reasons: see the page" if len(reasons) > 4 else ""
        notes.append("– skipped: " + "; ".join(reasons[:4]) + more + ".")
    failed = [cell for cell in cells if cell.failures]
    if failed:
        launches, first = sum(len(cell.failures) for cell in failed), failed[0]
        more = f"; {launches - 1} more: see the page" if launches > 1 else ""
        notes.append(f"× failed: {first.key.series.label}, {units.nbytes(first.key.bytes)}, "
                     f"{units.processes(first.key.procs)} ({first.failures[0][1]}){more}.")
    return notes


def _draw(results: Results, looks: Looks, contract: str, workload: str, cells: list[Cell], axis: Axis,
          quantities: list[Quantity]) -> Chart:
    panels = sorted({axis.panel(cell) for cell in cells if cell.samples})
    shown = thinned(panels)
    cells = [cell for cell in cells if axis.panel(cell) in shown]
    measured = [cell for cell in cells if cell.samples]
    series = sorted({cell.key.series for cell in measured}, key=looks.order)
    absent = sorted({c.key.series for c in cells if not c.samples}, key=looks.order)
    scale = Scale(sorted({axis.at(cell) for cell in measured}))

    ticks_y = [text_width(q.tick(t), TICK_POINTS) for q in quantities for c in measured for t in spread(q.values(c))]
    left = MARGIN + max([0.3 + max(ticks_y)] + [0.1 + text_width(s.label, 6.2) for s in absent])
    gap = 0.14 if axis.shared_y else 0.56
    right = 0.42 + max(text_width(s.label, 8.0) for s in series) + MARGIN
    width = min(3.3 if len(shown) > 1 else 5.4, (13.2 - left - right + gap) / len(shown) - gap)
    row = max(_ROW, (len(series) + 1) * 0.137)
    strip = 0.07 + _LANE * len(absent) if absent else 0.0
    bottom = _HEAD + len(quantities) * (row + _BETWEEN) - _BETWEEN
    notes = absence_notes(cells)
    if len(shown) < len(panels):
        notes.append(f"Measured too, see the page: {', '.join(axis.panel_name(p) for p in panels if p not in shown)}.")
    what = words.operation(contract, workload)
    subtitle = f"One operation: {what}. " if what else ""
    subtitle += "Time of all processes together per operation: lower is better. Throughput: higher is better."
    if any(not cell.competes for cell in measured):
        subtitle += " Hollow marks: a weaker promise (not shared, updates may be lost, or half of a write seen)."
    title = f"{contract}/{workload}: time and throughput by {axis.against}"
    total = max(left + len(shown) * (width + gap) - gap + right, 7.6)
    sheet = Sheet(results, total, bottom + strip + 0.46, title, subtitle, notes)

    strokes = Strokes(looks, series)
    ticks = scale.labelled(axis.write, width)
    lefts = {panel: left + column * (width + gap) for column, panel in enumerate(shown)}
    for level, quantity in enumerate(quantities):
        top = _HEAD + level * (row + _BETWEEN)
        ends: dict[Series, tuple[Point, bool]] = {}
        last = None
        for column, panel in enumerate(shown):
            here = [cell for cell in cells if axis.panel(cell) == panel]
            ranged = [v for c in (cells if axis.shared_y else here) if quantity.values(c)
                      for v in spread(quantity.values(c))]
            if not ranged:
                continue
            last = Panel(sheet, lefts[panel], top, width, row, scale, *room_for(ranged))
            if level == 0:
                sheet.text(last.left, top - 0.07, axis.panel_name(panel), 9, va="bottom", weight="bold")
            _regime(last, results, here, axis, level == 0)
            lowest = level + 1 == len(quantities) and not absent
            last.frame(quantity, column == 0 or not axis.shared_y, ticks if lowest else [])
            ends = {s: ((last.right, y), False) for s, ((_, y), _) in ends.items()} if axis.shared_y else {}
            for one in series:
                end = strokes.add(last, one, [c for c in here if c.key.series == one], axis.at, quantity)
                if end:
                    ends[one] = (end, end[0] > last.x(scale.values[-1]) - 0.1)
        if last:
            if not axis.shared_y:
                for one in set(series) - set(ends):  # only in earlier panels, where y meant something else
                    ends[one] = ((last.right, last.bottom), False)
            name_ends(last, strokes, ends)
            sheet.text(MARGIN, top + row / 2, quantity.label, 8.2, rotation=90, ha="center")
            sheet.text(MARGIN + 0.14, top + row / 2, quantity.better, 7.2, rotation=90, ha="center", color=style.SOFT)
    strokes.draw(sheet)
    for panel in shown:
        place = Panel(sheet, lefts[panel], bottom + 0.07, width, strip - 0.07, scale, 1.0, 2.0)
        if absent:
            _absence_strip(place, looks, absent, [c for c in cells if axis.panel(c) == panel], axis, panel == shown[0])
            place.name_x(ticks, place.bottom)
        sheet.text(place.left + width / 2, bottom + strip + 0.29, axis.label, 8, ha="center")
    return Chart(stem(contract, workload, axis.stem), sheet.figure, title, contract)


def _regime(panel: Panel, results: Results, cells: list[Cell], axis: Axis, named: bool) -> None:
    """Shades where more processes than CPUs were at work, and says so."""
    over = sorted({cell.key.procs for cell in cells if cell.oversubscribed})
    if not over:
        return
    start = panel.left
    if axis.stem == "by_procs":
        under = [v for v in panel.scale.values if v < over[0]]
        start = panel.x(math.sqrt(under[-1] * over[0])) if under else panel.left
    panel.shade(start)
    if named:
        cpus = f"the {results.cpus} CPUs" if results.cpus else "CPUs"
        full, short = f"more processes than {cpus}", f"more than {cpus}"
        room = panel.width - text_width(axis.panel_name(axis.panel(cells[0])), 9, bold=True) - 0.15
        panel.sheet.text(panel.right, panel.top - 0.07, full if text_width(full, 6.8) < room else short, 6.8, va="bottom",
                         ha="right", color=style.SHADE_INK)


def _absence_strip(panel: Panel, looks: Looks, absent: list[Series], cells: list[Cell], axis: Axis, named: bool) -> None:
    """A lane per mechanism that lacks points: × failed, – skipped."""
    sheet = panel.sheet
    sheet.lines([[(panel.left, panel.bottom), (panel.right, panel.bottom)]], style.FRAME, 0.8, 1.5)
    for lane, series in enumerate(absent):
        y = panel.top + _LANE * (lane + 0.5)
        colour = style.readable(looks[series.mechanism].colour)
        own = [c for c in cells if c.key.series == series and not c.samples and axis.at(c) in panel.scale.values]
        sheet.points([(panel.x(axis.at(c)), y) for c in own if not c.failures], linestyle="none", marker="_",
                     markersize=5, markeredgewidth=1.3, color=colour)
        sheet.points([(panel.x(axis.at(c)), y) for c in own if c.failures], linestyle="none", marker="x",
                     markersize=5, markeredgewidth=1.3, color=style.FAIL)
        if named:
            sheet.text(panel.left - 0.07, y, series.label, 6.2, ha="right", color=colour)
