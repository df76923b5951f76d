"""One small diagram with logarithmic axes, drawn on a Sheet: scales, frame, ticks, range bars, lines, names at line ends."""
from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from . import style, units
from .reading import Cell, Series, median, spread
from .sheet import Point, Sheet, box, text_width
from .style import Looks

GAP = (math.nan, math.nan)
_ASIDE, _ASIDE_TOTAL = 0.02, 0.13  # inches
TICK_POINTS, LABEL_POINTS, LABEL_STEP = 7.5, 8.0, 0.137


@dataclass(frozen=True)
class Quantity:
    """What runs along y: the values of a cell's samples, and how ticks are chosen and written."""
    values: Callable[[Cell], list[float]]
    tick: Callable[[float], str]
    ticks: Callable[[float, float], list[float]]
    label: str
    better: str
    floors: Callable[[Cell], list[float]] = lambda cell: []
    """What the samples would be at their floors."""
    floor_label: str = "floor"


TIME = Quantity(lambda cell: cell.times, units.time, units.decimal_ticks, "time per operation", "lower is better",
                lambda cell: cell.values("floor_ns"))
RATE = Quantity(lambda cell: [s.operations_per_second for s in cell.samples], units.count, units.decimal_ticks,
                "operations per second", "higher is better", lambda cell: [1e9 / ns for ns in cell.values("floor_ns")],
                "at the floor")
BYTE_RATE = Quantity(lambda cell: [s.bytes_per_second for s in cell.samples if s.bytes_per_second], units.byte_rate,
                     units.binary_ticks, "throughput", "higher is better",
                     lambda cell: [s.bytes_per_second * s.x_floor for s in cell.samples if s.bytes_per_second and s.x_floor],
                     "at the floor")
# Of single operations; one that is too short for the clock has a latency of 0, which no logarithmic axis shows.
MEDIAN_LATENCY = Quantity(lambda cell: [ns for ns in cell.values("p50_ns") if ns > 0], units.time, units.decimal_ticks,
                          "median latency", "lower is better")
TAIL_LATENCY = Quantity(lambda cell: [ns for ns in cell.values("p99_ns") if ns > 0], units.time, units.decimal_ticks,
                        "99 % are faster than", "lower is better")
MEAN_LATENCY = replace(TIME, label="mean latency", floors=lambda cell: [])


class Scale:
    """A logarithmic axis of whole numbers that were measured; zero stands one step to the left of the least."""

    def __init__(self, values: list[int]) -> None:
        positive = [v for v in values if v > 0]
        steps = [b / a for a, b in zip(positive, positive[1:])]
        self.zero = positive[0] / min(max(steps, default=4.0), 16.0) if positive else 1.0
        self.values = values
        at = [self.position(v) for v in values]
        room = (at[-1] / at[0])**0.06 if len(at) > 1 else 2.0
        self.low, self.high = at[0] / room, at[-1] * room

    def position(self, value: float) -> float:
        return float(value) if value > 0 else self.zero

    def share(self, value: float) -> float:
        """0 at the left end, 1 at the right."""
        return math.log(self.position(value) / self.low) / math.log(self.high / self.low)

    def labelled(self, write: Callable[[int], str], width: float) -> list[tuple[int, str]]:
        """The values whose labels fit an axis of `width` inches, the largest among them."""
        chosen = []
        free_to = math.inf
        for value in reversed(self.values):
            place, half = width * self.share(value), text_width(write(value), TICK_POINTS) / 2 + 0.04
            if place + half < free_to:
                chosen.append((value, write(value)))
                free_to = place - half
        return chosen[::-1]


def room_for(values: list[float]) -> tuple[float, float]:
    """Limits of a logarithmic axis for these values."""
    low, high = min(values), max(values)
    room = max((high / low)**0.06, 1.15)
    return low / room, high * room


@dataclass
class Panel:
    """Where a diagram stands on the sheet (inches) and what its axes show."""
    sheet: Sheet
    left: float
    top: float
    width: float
    height: float
    scale: Scale
    low: float
    high: float

    def x(self, value: float) -> float:
        return self.left + self.width * self.scale.share(value)

    def y(self, value: float) -> float:
        return self.top + self.height * (1 - math.log(value / self.low) / math.log(self.high / self.low))

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height

    def frame(self, quantity: Quantity, ticks_y: bool, ticks_x: list[tuple[int, str]]) -> None:
        """Grid, spines and ticks; `ticks_x` may be empty."""
        ticks = quantity.ticks(self.low, self.high)
        at = [self.y(tick) for tick in ticks]
        self.sheet.lines([[(self.left, y), (self.right, y)] for y in at] +
                         [[(self.x(v), self.top), (self.x(v), self.bottom)] for v in self.scale.values],
                         style.GRID, 0.7, 0.5)
        self.sheet.lines([[(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)]] +
                         ([[(self.left - 0.04, y), (self.left, y)] for y in at] if ticks_y else []),
                         style.FRAME, 0.8, 1.5)
        for tick, y in zip(ticks, at) if ticks_y else []:
            self.sheet.text(self.left - 0.07, y, quantity.tick(tick), TICK_POINTS, ha="right", color=style.SOFT)
        self.name_x(ticks_x, self.bottom)

    def name_x(self, ticks: list[tuple[int, str]], below: float) -> None:
        self.sheet.lines([[(self.x(value), below), (self.x(value), below + 0.04)] for value, _ in ticks],
                         style.FRAME, 0.8, 1.5)
        for value, name in ticks:
            self.sheet.text(self.x(value), below + 0.07, name, TICK_POINTS, ha="center", va="top", color=style.SOFT)

    def shade(self, start: float | None = None) -> None:
        """Marks the part right of `start` (inches; None = all) as the regime of more processes than CPUs."""
        start = self.left if start is None else start
        self.sheet.areas([box(start, self.top, self.right - start, self.height)], style.SHADE)


_SAME_FLOOR = 1.5


def bounding(cells: list[Cell]) -> list[Cell]:
    """Those of the cells of one place whose floor is the least. What bounds a mechanism depends on its way (a server's client
    makes two system calls, a lock is taken): the floor of the work is that of the way that is bounded least."""
    known = [cell for cell in cells if cell.values("floor_ns")]
    known = [cell for cell in known if cell.competes] or known
    floors = {cell.name: median(cell.values("floor_ns")) for cell in known}
    return [cell for cell in known if floors[cell.name] <= _SAME_FLOOR * min(floors.values())]


def floor_points(cells: list[Cell], at: Callable[[Cell], int], quantity: Quantity) -> list[tuple[int, float]]:
    """The floor at each place where one is known."""
    points = []
    for place in sorted({at(cell) for cell in cells}):
        values = [v for cell in bounding([c for c in cells if at(c) == place]) for v in quantity.floors(cell)]
        points += [(place, median(values))] if values else []
    return points


@dataclass
class Strokes:
    """Lines, markers and bars of all panels of a sheet, gathered per mechanism and drawn at once. Mechanisms stand a little
    beside each other, so that the ranges of one size can be told apart."""
    looks: Looks
    series: list[Series]
    """All that will be drawn, in display order."""
    paths: dict[Series, list[Point]] = field(default_factory=dict)
    hollow: set[Series] = field(default_factory=set)
    bars: list[list[Point]] = field(default_factory=list)
    bar_colours: list[str] = field(default_factory=list)
    troubled: list[Point] = field(default_factory=list)
    floors: list[list[Point]] = field(default_factory=list)

    def add_floor(self, panel: Panel, cells: list[Cell], at: Callable[[Cell], int], quantity: Quantity) -> Point | None:
        """The floor of these cells in one panel. Returns where it ends, None without any."""
        path = [(panel.x(place), panel.y(value)) for place, value in floor_points(cells, at, quantity)]
        if not path:
            return None
        if len(path) == 1:  # a line all the same
            (x, y), = path
            path = [(x - 0.16, y), (x + 0.16, y)]
        self.floors.append(path)
        return path[-1]

    def add(self, panel: Panel, series: Series, cells: list[Cell], at: Callable[[Cell], float],
            quantity: Quantity) -> Point | None:
        """One mechanism in one panel. Returns where its line ends (inches), None where it has no point."""
        measured = sorted((cell for cell in cells if quantity.values(cell)), key=at)
        if not measured:
            return None
        if not measured[0].competes:
            self.hollow.add(series)
        path = self.paths.setdefault(series, [])
        aside = (self.series.index(series) - (len(self.series) - 1) / 2) * min(_ASIDE, _ASIDE_TOTAL / len(self.series))
        for cell in measured:
            values = quantity.values(cell)
            low, high = spread(values)
            x, y = panel.x(at(cell)) + aside, panel.y(median(values))
            path.append((x, y))
            if len(values) > 1:
                self.bars.append([(x, panel.y(low)), (x, panel.y(high))])
                self.bar_colours.append(self.looks[series.mechanism].colour)
            if cell.failures:
                self.troubled.append((x, y))
        end = path[-1]
        path.append(GAP)
        return end

    def draw(self, sheet: Sheet) -> None:
        sheet.lines(self.floors, style.FLOOR, 1.3, 2.5, dashes=style.FLOOR_DASHES)
        sheet.lines(self.bars, self.bar_colours, 1.8, 2, alpha=0.55)
        for series, path in self.paths.items():
            hollow = series in self.hollow
            sheet.points(path, linestyle=self.looks.dashes(series), linewidth=1.0 if hollow else 1.5,
                         zorder=3 if hollow else 4, **marks(self.looks, series, hollow))
        sheet.points(self.troubled, linestyle="none", marker="x", markersize=7.5, markeredgewidth=1.4,
                     color=style.FAIL, zorder=5)


def marks(looks: Looks, series: Series, hollow: bool) -> dict[str, object]:
    """How the points of a mechanism look; hollow for one that does not compete."""
    look = looks[series.mechanism]
    inner, edge, edge_width = ("white", look.colour, 0.9) if hollow else (look.colour, "white", 0.5)
    return {"color": look.colour, "marker": look.marker, "markersize": look.marker_size, "markerfacecolor": inner,
            "markeredgecolor": edge, "markeredgewidth": edge_width}


def spaced(wanted: list[float], step: float, low: float, high: float) -> list[float]:
    """Positions close to the wanted ones (ascending), at least `step` apart and, where they fit, within [low, high]."""
    groups: list[tuple[float, int]] = []  # centre, members

    def held(centre: float, members: int) -> float:
        half = step * (members - 1) / 2
        return max(min(centre, high - half), low + half)

    for position in wanted:
        centre, members = held(position, 1), 1
        while groups and centre - groups[-1][0] < step * (members + groups[-1][1]) / 2:
            other, more = groups.pop()
            centre = held((centre * members + other * more) / (members + more), members + more)
            members += more
        groups.append((centre, members))
    return [centre + step * (i - (members - 1) / 2) for centre, members in groups for i in range(members)]


def name_ends(panel: Panel, strokes: Strokes, ends: dict[Series, tuple[Point, bool]],
              names: dict[Series, str] | None = None, floor: tuple[Point, bool, str] | None = None) -> None:
    """Names right of the last panel, in the order of the lines' ends, joined to them by thin lines.

    `ends`: where each line ends (inches), and whether it reaches the right end of this panel. `names`: what to write instead
    of the labels. `floor`: the same of the floor, and what to call it."""
    sheet, looks = panel.sheet, strokes.looks
    order: list[Series | None] = sorted(ends, key=lambda s: (ends[s][0][1], looks.order(s)))
    if floor:
        below = sum(1 for one in order if one and ends[one][0][1] <= floor[0][1])
        order.insert(below, None)
    at = {one: ends[one] if one else floor[:2] for one in order}
    places = spaced([at[one][0][1] for one in order], LABEL_STEP, panel.top, panel.bottom)
    solid, dotted = [], []
    for one, place in zip(order, places):
        (x, y), reaches = at[one]
        colour = looks[one.mechanism].colour if one else style.FLOOR
        path = [(max(x, panel.left) + 0.06 if reaches else panel.right - 0.02, y), (panel.right + 0.05, y),
                (panel.right + 0.19, place)]
        (solid if reaches else dotted).append((path, colour))
        if one:
            size = looks[one.mechanism].marker_size + 0.6
            sheet.points([(panel.right + 0.27, place)], linestyle="none", zorder=4,
                         **{**marks(looks, one, one in strokes.hollow), "markersize": size})
            text = (names or {}).get(one, one.label)
        else:
            sheet.lines([[(panel.right + 0.2, place), (panel.right + 0.32, place)]], colour, 1.3, 4, dashes=(0, (2.2, 1.4)))
            text = floor[2]
        sheet.text(panel.right + 0.36, place, text, LABEL_POINTS, color=style.readable(colour))
    sheet.lines([p for p, _ in solid], [c for _, c in solid], 0.6, 1, alpha=0.8)
    sheet.lines([p for p, _ in dotted], [c for _, c in dotted], 0.7, 1, alpha=0.8, dashes=(0, (1, 1.5)))
