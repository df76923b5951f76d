"""Time per operation and throughput of a workload, against size and against process count, as small multiples.

A dashed line is the floor of the same work. What was measured at another setting of an axis (place, wait, idle ...) has
charts of its own; where samples are of several classes, a chart shows one (classes.py)."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

from . import classes, style, units, words
from .panel import (BYTE_RATE, MEAN_LATENCY, MEDIAN_LATENCY, RATE, TAIL_LATENCY, TICK_POINTS, TIME, Panel, Quantity, Scale,
                    Strokes, bounding, floor_points, name_ends, room_for)
from .reading import Cell, Results, Series, spread
from .sheet import MARGIN, Chart, Point, Sheet, stem, text_width
from .style import Looks

MOST_PANELS = 5
NOTABLE = 0.05
"""From this share on a chart tells how many of its samples are unsettled."""
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


def by_load(results: Results, looks: Looks) -> list[Chart]:
    """One chart per workload with a prescribed rate, and process count: latency against load, panels per size."""
    charts = []
    for contract, workload, cells in _workloads(results, paced=True):
        loads = {cell.name: int(cell.axis("load")) for cell in cells if cell.axis("load").isdecimal()}
        for procs in sorted({cell.key.procs for cell in cells if cell.name in loads}):
            here = [cell for cell in cells if cell.name in loads and cell.key.procs == procs]
            if any(cell.samples for cell in here):
                timed = [quantity for quantity in (MEDIAN_LATENCY, TAIL_LATENCY) if any(quantity.values(c) for c in here)]
                axis = Axis(f"by_load_procs_{procs}", lambda c: loads[c.name], lambda load: f"{load} %",
                            lambda c: c.key.bytes, units.nbytes, "load, share of the mechanism's own capacity", "load", False)
                charts.append(_draw(results, looks, contract, workload, here, axis, timed or [MEAN_LATENCY]))
    return charts


def _workloads(results: Results, paced: bool = False) -> list[tuple[str, str, list[Cell]]]:
    """Contract, workload and its cells at one setting of the axes, where at least one was measured; the default first.
    Globals have charts of their own, and so has what runs at a prescribed rate: all its loads together."""
    found = []
    for contract in words.contracts(results.cells):
        for workload in words.workloads(results.cells, contract) if contract != "globals" else []:
            settings: dict[tuple[tuple[str, str], ...], list[Cell]] = {(): []}
            for cell in results.of(contract, workload):
                if words.paced(cell) == paced:
                    setting = tuple(pair for pair in cell.key.variant if pair[0] != "load")
                    settings.setdefault(setting, []).append(cell)
            found += [(contract, workload, cells) for cells in settings.values() if any(cell.samples for cell in cells)]
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


def floor_note(cells: list[Cell]) -> list[str]:
    """What the dashed line is, and how far it can be trusted."""
    places = dict.fromkeys((cell.key.bytes, cell.key.procs) for cell in cells)
    floors = [sample for place in places for cell in bounding([c for c in cells if (c.key.bytes, c.key.procs) == place])
              for sample in cell.samples if sample.floor_ns]
    if not floors:
        return []
    probes = " or ".join(dict.fromkeys(words.probe(sample.floor) for sample in floors if sample.floor))
    unsettled = sum(1 for sample in floors if sample.unsettled) / len(floors)
    note = ("Dashed: the floor, the least time that hardware and kernel allow for this work" +
            (f" ({probes})" if probes else "") + ", measured in the same launches on the same CPUs.")
    if unsettled >= NOTABLE:
        note += f" It changed by more than a quarter during {units.percent(unsettled)} of the launches."
    return [note]


def _draw(results: Results, looks: Looks, contract: str, workload: str, cells: list[Cell], axis: Axis,
          quantities: list[Quantity]) -> Chart:
    setting = [pair for pair in cells[0].key.variant if pair[0] != "load"]
    selection = classes.select([replace(c, key=replace(c.key, variant=())) for c in cells])  # the title tells the setting
    cells = selection.cells
    panels = sorted({axis.panel(cell) for cell in cells if cell.samples})
    shown = thinned(panels)
    cells = [cell for cell in cells if axis.panel(cell) in shown]
    measured = [cell for cell in cells if cell.samples]
    series = sorted({cell.key.series for cell in measured}, key=looks.order)
    absent = sorted({c.key.series for c in cells if not c.samples and not c.elsewhere}, key=looks.order)
    floored = any(quantity.floors(cell) for quantity in quantities for cell in measured)
    scale = Scale(sorted({axis.at(cell) for cell in measured}))

    # A cell may have too few latencies for one of the percentiles.
    ticks_y = [text_width(q.tick(t), TICK_POINTS) for q in quantities for c in measured if q.values(c)
               for t in spread(q.values(c))]
    left = MARGIN + max([0.3 + max(ticks_y, default=0.0)] + [0.1 + text_width(s.label, 6.2) for s in absent])
    gap = 0.14 if axis.shared_y else 0.56
    labels = [one.label for one in series] + [quantity.floor_label for quantity in quantities if floored]
    right = 0.42 + max(text_width(label, 8.0) for label in labels) + MARGIN
    width = min(3.3 if len(shown) > 1 else 5.4, (13.2 - left - right + gap) / len(shown) - gap)
    row = max(_ROW, (len(series) + 1 + floored) * 0.137)
    strip = 0.07 + _LANE * len(absent) if absent else 0.0
    bottom = _HEAD + len(quantities) * (row + _BETWEEN) - _BETWEEN
    notes = floor_note(measured) if floored else []
    notes += selection.notes + absence_notes(cells)
    if len(shown) < len(panels):
        notes.append(f"Measured too, see the page: {', '.join(axis.panel_name(p) for p in panels if p not in shown)}.")
    what = words.operation(contract, workload)
    subtitle = f"One operation: {what}. " if what else ""
    if TIME in quantities:
        subtitle += "Time of all processes together per operation: lower is better. Throughput: higher is better."
    else:
        subtitle += "Lower is better."
    if any(not cell.competes for cell in measured):
        subtitle += " Hollow marks: a weaker promise (not shared, updates may be lost, or half of a write seen)."
    if selection.said:
        subtitle += " " + selection.said
    what = "time and throughput" if TIME in quantities else "latency"
    title = f"{contract}/{workload}: {what} by {axis.against}" + (f" ({', '.join(map(':'.join, setting))})" if setting else "")
    total = max(left + len(shown) * (width + gap) - gap + right, 7.6)
    sheet = Sheet(results, total, bottom + strip + 0.46, title, subtitle, notes)

    strokes = Strokes(looks, series)
    ticks = scale.labelled(axis.write, width)
    lefts = {panel: left + column * (width + gap) for column, panel in enumerate(shown)}
    for level, quantity in enumerate(quantities):
        top = _HEAD + level * (row + _BETWEEN)
        ends: dict[Series, tuple[Point, bool]] = {}
        floor: tuple[Point, bool, str] | None = None
        last = None
        for column, panel in enumerate(shown):
            here = [cell for cell in cells if axis.panel(cell) == panel]
            ranged = [v for c in (cells if axis.shared_y else here) if quantity.values(c)
                      for v in spread(quantity.values(c))]
            if not ranged:
                continue
            for one in shown if axis.shared_y else [panel]:
                ranged += [v for _, v in floor_points([c for c in cells if axis.panel(c) == one], axis.at, quantity)]
            last = Panel(sheet, lefts[panel], top, width, row, scale, *room_for(ranged))
            sits = f" {selection.at[panel]}" if axis.stem == "by_size" and panel in selection.at else ""
            if level == 0:
                name = axis.panel_name(panel)
                sheet.text(last.left, top - 0.07, name, 9, va="bottom", weight="bold")
                beside = last.left + text_width(name + " ", 9, bold=True)
                sheet.text(beside, top - 0.07, sits, 9, va="bottom", color=style.SOFT)
            _regime(last, results, here, axis, level == 0, text_width(sits, 9))
            lowest = level + 1 == len(quantities) and not absent
            last.frame(quantity, column == 0 or not axis.shared_y, ticks if lowest else [])
            ends = {s: ((last.right, y), False) for s, ((_, y), _) in ends.items()} if axis.shared_y else {}
            floor = ((last.right, floor[0][1]), False, floor[2]) if floor and axis.shared_y else None
            limit = strokes.add_floor(last, here, axis.at, quantity)
            if limit:
                floor = (limit, limit[0] > last.x(scale.values[-1]) - 0.1, quantity.floor_label)
            for one in series:
                end = strokes.add(last, one, [c for c in here if c.key.series == one], axis.at, quantity)
                if end:
                    ends[one] = (end, end[0] > last.x(scale.values[-1]) - 0.1)
        if last:
            if not axis.shared_y:
                for one in set(series) - set(ends):  # only in earlier panels, where y meant something else
                    ends[one] = ((last.right, last.bottom), False)
            name_ends(last, strokes, ends, floor=floor)
            sheet.text(MARGIN, top + row / 2, quantity.label, 8.2, rotation=90, ha="center")
            sheet.text(MARGIN + 0.14, top + row / 2, quantity.better, 7.2, rotation=90, ha="center", color=style.SOFT)
    strokes.draw(sheet)
    for panel in shown:
        place = Panel(sheet, lefts[panel], bottom + 0.07, width, strip - 0.07, scale, 1.0, 2.0)
        if absent:
            _absence_strip(place, looks, absent, [c for c in cells if axis.panel(c) == panel], axis, panel == shown[0])
            place.name_x(ticks, place.bottom)
        sheet.text(place.left + width / 2, bottom + strip + 0.29, axis.label, 8, ha="center")
    name = stem(contract, workload, axis.stem, *(part for pair in setting for part in pair))
    return Chart(name, sheet.figure, title, contract, selection.said)


def _regime(panel: Panel, results: Results, cells: list[Cell], axis: Axis, named: bool, taken: float) -> None:
    """Shades where more processes than CPUs were at work, and says so; `taken`: inches that follow the panel's name."""
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
        room = panel.width - text_width(axis.panel_name(axis.panel(cells[0])), 9, bold=True) - 0.15 - taken
        panel.sheet.text(panel.right, panel.top - 0.07, full if text_width(full, 6.8) < room else short, 6.8, va="bottom",
                         ha="right", color=style.SHADE_INK)


def _absence_strip(panel: Panel, looks: Looks, absent: list[Series], cells: list[Cell], axis: Axis, named: bool) -> None:
    """A lane per mechanism that lacks points: × failed, – skipped."""
    sheet = panel.sheet
    sheet.lines([[(panel.left, panel.bottom), (panel.right, panel.bottom)]], style.FRAME, 0.8, 1.5)
    for lane, series in enumerate(absent):
        y = panel.top + _LANE * (lane + 0.5)
        colour = style.readable(looks[series.mechanism].colour)
        own = [c for c in cells if c.key.series == series and not c.samples and not c.elsewhere]
        own = [c for c in own if axis.at(c) in panel.scale.values]
        sheet.points([(panel.x(axis.at(c)), y) for c in own if not c.failures], linestyle="none", marker="_",
                     markersize=5, markeredgewidth=1.3, color=colour)
        sheet.points([(panel.x(axis.at(c)), y) for c in own if c.failures], linestyle="none", marker="x",
                     markersize=5, markeredgewidth=1.3, color=style.FAIL)
        if named:
            sheet.text(panel.left - 0.07, y, series.label, 6.2, ha="right", color=colour)
