"""Distance to the limit: how many times the floor of the same work each mechanism takes, workload by workload."""
from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from . import classes, style, units, words
from .curves import NOTABLE, thinned
from .panel import TICK_POINTS, marks
from .reading import Cell, Results, Series, median
from .sheet import MARGIN, Chart, Sheet, stem, text_width
from .style import Looks

_WIDEST, _LANE, _HEAD, _FOOT, _GAP = 13.2, 0.2, 0.46, 0.3, 0.3  # inches
_NAME, _VALUE = 8.0, 7.5  # points
_LEAST, _MOST, _ALONE = 1.9, 3.6, 5.6  # inches of a diagram, from its left to its right end


@dataclass(frozen=True)
class Distance:
    """Of one mechanism in one workload: times over the floor, each the median of a cell."""
    series: Series
    here: float | None
    """At the size and process count that the diagram names; None where the mechanism has no sample there."""
    low: float
    high: float
    competes: bool


@dataclass(frozen=True)
class Lanes:
    """The diagram of one workload: its mechanisms, nearest first, and what its floor is."""
    workload: str
    size: int
    procs: int
    floor: str
    """What it is the time of, where that is the same for all; else empty."""
    distances: list[Distance]


def to_the_floor(results: Results, looks: Looks) -> list[Chart]:
    """One chart per contract, and per setting of the axes that are not at their default."""
    charts = []
    for contract in words.contracts(results.cells):
        cells = results.of(contract)
        settings = dict.fromkeys(() if contract == "globals" else cell.key.variant for cell in cells)
        for variant in settings:
            selection = classes.select([c for c in cells if contract == "globals" or c.key.variant == variant])
            drawn = lanes(selection.cells, contract)
            if drawn:
                charts.append(_draw(results, looks, contract, variant, drawn, selection))
    return charts


def lanes(cells: list[Cell], contract: str) -> list[Lanes]:
    """The diagrams of these cells; where it can, without those of more processes than CPUs."""
    found = []
    for workload in words.workloads(cells, contract):
        mine = [c for c in cells if c.key.workload == workload and c.values("x_floor") and not words.paced(c)]
        mine = [c for c in mine if not c.oversubscribed] or mine
        if not mine:
            continue
        size, procs = _place(mine)
        distances = []
        for series in dict.fromkeys(cell.key.series for cell in mine):
            own = [cell for cell in mine if cell.key.series == series]
            values = {(c.key.bytes, c.key.procs): median(c.values("x_floor")) for c in own}
            at = [cell for cell in own if (cell.key.bytes, cell.key.procs) == (size, procs)] or own
            distances.append(Distance(series, values.get((size, procs)), min(values.values()), max(values.values()),
                                      contract == "globals" or at[0].competes))  # nothing is shared: that is the subject
        probes = dict.fromkeys(words.probe(s.floor) for cell in mine for s in cell.samples if s.floor)
        distances.sort(key=lambda d: (d.here is None, d.here or d.low, d.series))
        found.append(Lanes(workload, size, procs, next(iter(probes)) if len(probes) == 1 else "", distances))
    return found


def _place(cells: list[Cell]) -> tuple[int, int]:
    """Size and process count at which mechanisms are compared, for a median over sizes would favour those that can do the
    large ones: where most were measured; of several such places the most processes, and the size in the middle."""
    measured = Counter((cell.key.bytes, cell.key.procs) for cell in cells)
    most = max(measured.values())
    procs = max(procs for (_, procs), number in measured.items() if number == most)
    sizes = sorted(size for (size, other), number in measured.items() if number == most and other == procs)
    return sizes[(len(sizes) - 1) // 2], procs


def _draw(results: Results, looks: Looks, contract: str, variant: tuple[tuple[str, str], ...], drawn: list[Lanes],
          selection: classes.Selection) -> Chart:
    every = [d for one in drawn for d in one.distances]
    globals_ = contract == "globals"

    def name(series: Series) -> str:
        return series.label if globals_ else series.mechanism

    names = 0.12 + max(text_width(name(d.series), _NAME) for d in every)
    across = max(1, min(len(drawn), int((_WIDEST - 2 * MARGIN + _GAP) / (names + _LEAST + _GAP))))
    across = math.ceil(len(drawn) / math.ceil(len(drawn) / across))  # no row of one below a full one
    rows = [drawn[i:i + across] for i in range(0, len(drawn), across)]
    width = min(_MOST if len(drawn) > 1 else _ALONE, (_WIDEST - 2 * MARGIN + _GAP) / across - names - _GAP)
    heights = [_HEAD + _LANE * max(len(one.distances) for one in row) + _FOOT for row in rows]
    low, high = min(1.0, *(d.low for d in every)), max(2.0, *(d.high for d in every))
    low, high = low / (high / low)**0.05, high * (high / low)**0.05
    value_room = 0.1 + max(text_width(units.factor(d.here or d.low), _VALUE) for d in every)

    setting = f" ({', '.join(map(':'.join, variant))})" if variant else ""
    title = f"{contract}: distance to the limit{setting}"
    subtitle = ("How many times the floor each mechanism takes: the floor is the least time that hardware and kernel allow "
                "for the same work, measured in the same launch. Further left is better; 1× is the limit. " + selection.said)
    notes = ["Mark and figure: at the size and process count beside the workload's name; bar: from the nearest to the "
             "farthest of all sizes and process counts" +
             (" up to the number of CPUs." if any(c.oversubscribed for c in selection.cells) else ".")]
    if any(not d.competes for d in every):
        notes[0] += " Hollow: a weaker promise (not shared, updates may be lost, or half of a write seen)."
    measured = [s for cell in selection.cells for s in cell.samples if s.x_floor]
    unsettled = sum(1 for s in measured if s.unsettled) / len(measured)
    if unsettled >= NOTABLE:
        notes.append(f"The floor changed by more than a quarter during {units.percent(unsettled)} of the launches.")
    if low < 0.95 and any(d.here and d.here < 0.95 for d in every):
        notes.append("Left of 1×: the mechanism avoids work that the floor counts, or the floor was read too high.")
    total = max(2 * MARGIN + across * (names + width + _GAP) - _GAP, 8.0)
    sheet = Sheet(results, total, sum(heights) + 0.1, title, subtitle.rstrip(), notes + selection.notes, bars=False)
    top = 0.0
    for row, height in zip(rows, heights):
        left = MARGIN + names
        for one in row:
            _lanes(sheet, looks, one, left, top, width, (low, high), value_room, name)
            left += names + width + _GAP
        top += height
    told = "; ".join(f"{one.workload}: " + ", ".join(f"{name(d.series)} {units.factor(d.here)}"
                                                     for d in one.distances if d.here) for one in drawn)
    file = stem(contract, "distance", *(part for pair in variant for part in pair))
    return Chart(file, sheet.figure, title, contract, told)


def _lanes(sheet: Sheet, looks: Looks, one: Lanes, left: float, top: float, width: float, limits: tuple[float, float],
           value_room: float, name: Callable[[Series], str]) -> None:
    low, high = limits
    usable = width - value_room

    def x(value: float) -> float:
        return left + usable * math.log(value / low) / math.log(high / low)

    first, bottom = top + _HEAD, top + _HEAD + _LANE * len(one.distances)
    sheet.text(left, top + 0.13, one.workload, 10, weight="bold")
    sheet.text(left + text_width(one.workload + "  ", 10, bold=True), top + 0.14,
               f"{units.nbytes(one.size)}, {units.processes(one.procs)}", 8, color=style.SOFT)
    floor = f"1× = {one.floor}" if one.floor else "1× = the floor of each one's own way"
    points = min(7.2, 7.2 * width / text_width(floor, 7.2))
    sheet.text(left, top + 0.32, floor, points, color=style.FLOOR)
    ticks = thinned([t for t in units.decimal_ticks(low, high) if t != 1.0], 4)
    sheet.lines([[(x(tick), first), (x(tick), bottom)] for tick in ticks], style.GRID, 0.7, 0.5)
    sheet.lines([[(left, bottom), (left + usable, bottom)]], style.FRAME, 0.8, 1.5)
    sheet.lines([[(x(1.0), first - 0.03), (x(1.0), bottom)]], style.FLOOR, 1.3, 1.6, dashes=style.FLOOR_DASHES)
    free_to = -math.inf
    for tick in sorted([*ticks, 1.0], key=lambda t: (t != 1.0, t)):  # the floor's own label first: it always stands
        text = units.factor(tick) if tick < 1 else f"{tick:,.0f}×" if tick < 1e6 else f"{units.count(tick)}×"
        half = text_width(text, TICK_POINTS) / 2
        if tick == 1.0 or abs(x(tick) - x(1.0)) > half + 0.15 and x(tick) - half > free_to:
            sheet.text(x(tick), bottom + 0.06, text, TICK_POINTS, ha="center", va="top", color=style.SOFT)
            free_to = free_to if tick <= 1.0 else x(tick) + half + 0.05
    for lane, distance in enumerate(one.distances):
        y = first + _LANE * (lane + 0.5)
        colour = looks[distance.series.mechanism].colour
        sheet.lines([[(x(distance.low), y), (x(distance.high), y)]], colour, 3.2, 2, alpha=0.4)
        if distance.here:
            mark = marks(looks, distance.series, not distance.competes)
            sheet.points([(x(distance.here), y)], linestyle="none", zorder=4,
                         **{**mark, "markersize": looks[distance.series.mechanism].marker_size + 1.2})
        sheet.text(left - 0.08, y, name(distance.series), _NAME, ha="right", color=style.readable(colour))
        sheet.text(x(distance.high) + 0.1, y, units.factor(distance.here) if distance.here else "–", _VALUE,
                   bbox={"facecolor": "white", "edgecolor": "none", "pad": 0.8})
