"""What speed costs: time per operation against CPU time of all processes per operation, and which mechanisms nothing beats
in both (the Pareto front). One chart per contract, one panel per workload; axes at their defaults, and one class of samples
(classes.py)."""
from __future__ import annotations

import math
from dataclasses import dataclass

from . import classes, style, units, words
from .panel import LABEL_POINTS, LABEL_STEP, TICK_POINTS, marks, room_for, spaced
from .reading import Cell, Results, Series, spread
from .sheet import MARGIN, Chart, Point, Sheet, stem, text_width
from .style import Looks

_MOST_COLUMNS = 3
_WIDTH, _HEIGHT, _HEAD, _FOOT = 2.7, 2.6, 0.30, 0.62  # inches, of a panel
_TYPICAL = 64  # bytes


@dataclass(frozen=True)
class Offer:
    """A mechanism at one point of the grid: medians over the rounds, ns per operation."""
    cell: Cell
    time: float
    cpu: float

    @property
    def series(self) -> Series:
        return self.cell.key.series


def price(results: Results, looks: Looks) -> list[Chart]:
    """One chart per contract in which at least two mechanisms compete in some workload."""
    charts = []
    for contract in words.contracts(results.cells):
        panels = []
        # The CPU time of a paced item holds the waiting for a schedule: it is no price of the mechanism's.
        selection = classes.select([c for c in results.of(contract) if not c.key.variant and not words.paced(c)])
        for workload in words.workloads(selection.cells, contract):
            offers = at_one_point([c for c in selection.cells if c.key.workload == workload])
            if sum(1 for offer in offers if offer.cell.competes) > 1:
                panels.append((workload, offers))
        if panels:
            charts.append(_draw(results, looks, contract, panels, selection.said))
    return charts


def at_one_point(cells: list[Cell]) -> list[Offer]:
    """The offers at the size and process count that tell most: many mechanisms, many processes but, where that can be had, no
    more than CPUs, and a size near 64 bytes."""
    groups: dict[tuple[int, int], list[Offer]] = {}
    for cell in cells:
        cpu, time = cell.median("cpu_ns"), cell.median("time_ns")
        if cpu and time:  # a launch too short for the kernel's accounting has none
            groups.setdefault((cell.key.bytes, cell.key.procs), []).append(Offer(cell, time, cpu))

    def tells(point: tuple[int, int]) -> tuple[bool, int, int, float, int]:
        offers, (size, procs) = groups[point], point
        over = any(offer.cell.oversubscribed for offer in offers)
        near = -abs(math.log2(max(size, 1) / _TYPICAL))
        return not over, len(offers), -procs if over else procs, near, -size

    return groups[max(groups, key=tells)] if groups else []


def front(offers: list[Offer]) -> list[Offer]:
    """The competing offers that no other one beats or equals in time and in CPU time; the cheapest first."""
    best: list[Offer] = []
    for offer in sorted((o for o in offers if o.cell.competes), key=lambda o: (o.cpu, o.time, o.series)):
        if not best or offer.time < best[-1].time:
            best.append(offer)
    return best


@dataclass
class _Plane:
    """A panel with two logarithmic axes of time; y grows upwards, so what is best stands at the bottom left."""
    left: float
    top: float
    cpu: tuple[float, float]
    time: tuple[float, float]

    @property
    def right(self) -> float:
        return self.left + _WIDTH

    @property
    def bottom(self) -> float:
        return self.top + _HEIGHT

    def x(self, cpu: float) -> float:
        return self.left + _WIDTH * math.log(cpu / self.cpu[0]) / math.log(self.cpu[1] / self.cpu[0])

    def y(self, time: float) -> float:
        return self.bottom - _HEIGHT * math.log(time / self.time[0]) / math.log(self.time[1] / self.time[0])

    def frame(self, sheet: Sheet) -> None:
        across = [(self.x(t), units.time(t)) for t in units.decimal_ticks(*self.cpu, most=6)]
        up = [(self.y(t), units.time(t)) for t in units.decimal_ticks(*self.time)]
        sheet.lines([[(x, self.top), (x, self.bottom)] for x, _ in across] +
                    [[(self.left, y), (self.right, y)] for y, _ in up], style.GRID, 0.7, 0.5)
        sheet.lines([[(self.left, self.top), (self.left, self.bottom), (self.right, self.bottom)]] +
                    [[(x, self.bottom), (x, self.bottom + 0.04)] for x, _ in across] +
                    [[(self.left - 0.04, y), (self.left, y)] for y, _ in up], style.FRAME, 0.8, 1.5)
        for x, name in across:
            sheet.text(x, self.bottom + 0.07, name, TICK_POINTS, ha="center", va="top", color=style.SOFT)
        for y, name in up:
            sheet.text(self.left - 0.07, y, name, TICK_POINTS, ha="right", color=style.SOFT)


def _draw(results: Results, looks: Looks, contract: str, panels: list[tuple[str, list[Offer]]], said: str) -> Chart:
    columns = min(_MOST_COLUMNS, len(panels))
    rows = -(-len(panels) // columns)
    offers = [offer for _, own in panels for offer in own]
    left = MARGIN + 0.3 + max(text_width(units.time(o.time), TICK_POINTS) for o in offers)
    names = 0.36 + max(text_width(o.series.label, LABEL_POINTS, bold=True) for o in offers) + 0.16
    pitch = left + _WIDTH + names
    height = _HEAD + _HEIGHT + _FOOT
    title = f"{contract}: what speed costs in CPU time"
    subtitle = ("Time per operation against CPU time of all processes and servers per operation: bottom left is best. Ringed and "
                "bold: nothing is both quicker and cheaper (Pareto front).")
    if any(not offer.cell.competes for offer in offers):
        subtitle += " Hollow marks: a weaker promise (not shared, updates may be lost, or half of a write seen)."
    subtitle += f" {said}" if said else ""
    sheet = Sheet(results, max(columns * pitch, 7.6), rows * height, title, subtitle)
    told = []
    for number, (workload, own) in enumerate(panels):
        key = own[0].cell.key
        plane = _Plane(left + number % columns * pitch, _HEAD + number // columns * height,
                       room_for([v for o in own for v in _cpu_range(o)]),
                       room_for([v for o in own for v in spread(o.cell.times)]))
        over = ", more processes than CPUs" if any(o.cell.oversubscribed for o in own) else ""
        sheet.text(plane.left, plane.top - 0.07, workload, 9, va="bottom", weight="bold")
        sheet.text(plane.left + text_width(workload, 9, bold=True) + 0.1, plane.top - 0.07,
                   f"{units.nbytes(key.bytes)}, {units.processes(key.procs)}{over}", 7.5, va="bottom", color=style.SOFT)
        plane.frame(sheet)
        sheet.text(plane.left + _WIDTH / 2, plane.bottom + 0.29, "CPU time per operation", 8, ha="center")
        if number % columns == 0:
            sheet.text(MARGIN, plane.top + _HEIGHT / 2, "time per operation", 8.2, rotation=90, ha="center")
        best = front(own)
        _points(sheet, looks, plane, own, best)
        told.append(f"{workload}: " + ", ".join(offer.series.label for offer in best))
    return Chart(stem(contract, "price"), sheet.figure, title, contract, "Pareto fronts: " + "; ".join(told))


def _cpu_range(offer: Offer) -> tuple[float, float]:
    return spread([s.cpu_ns for s in offer.cell.samples if s.cpu_ns])


def _points(sheet: Sheet, looks: Looks, plane: _Plane, offers: list[Offer], best: list[Offer]) -> None:
    at = {offer.series: (plane.x(offer.cpu), plane.y(offer.time)) for offer in offers}
    stairs: list[Point] = []
    for offer in best:
        x, y = at[offer.series]
        stairs += [(x, stairs[-1][1] if stairs else plane.top), (x, y)]
    stairs.append((plane.right, stairs[-1][1]))
    sheet.lines([stairs], style.SOFT, 1.0, 1.6, dashes=(0, (4, 2)))
    in_front = {offer.series for offer in best}
    order = sorted(offers, key=lambda o: (at[o.series][1], looks.order(o.series)))
    places = spaced([at[o.series][1] for o in order], LABEL_STEP, plane.top, plane.bottom)
    for offer, place in zip(order, places):
        (x, y), look = at[offer.series], looks[offer.series.mechanism]
        if len(offer.cell.samples) > 1:
            low, high = spread(offer.cell.times)
            cheap, dear = _cpu_range(offer)
            sheet.lines([[(x, plane.y(low)), (x, plane.y(high))], [(plane.x(cheap), y), (plane.x(dear), y)]],
                        look.colour, 1.4, 2, alpha=0.45)
        sheet.lines([[(x + 0.08, y), (plane.right + 0.05, y), (plane.right + 0.16, place)]], look.colour, 0.5, 1, alpha=0.5)
        ringed = offer.series in in_front
        if ringed:
            sheet.points([(x, y)], linestyle="none", marker="o", markersize=11.5, markerfacecolor="none",
                         markeredgecolor=style.INK, markeredgewidth=1.1, zorder=5)
        sheet.points([(x, y)], linestyle="none", zorder=4, **marks(looks, offer.series, not offer.cell.competes))
        sheet.text(plane.right + 0.2, place, offer.series.label, LABEL_POINTS, color=style.readable(look.colour),
                   weight="bold" if ringed else "normal")
