"""The shmoo plots: maps of size by process count that show which mechanism wins, and by how much.

One map per workload; one chart per contract with every cell written out, and an overview of all contracts for the first
screen of a README. Only cells at the default of all other axes (pages, placement ...) are on the maps; a file that holds
other ones gets maps of their own per contract.
"""
from __future__ import annotations

from dataclasses import dataclass

from . import classes, style, units, words
from .contest import Kind, Verdict, decide
from .curves import thinned
from .reading import Cell, Results
from .sheet import MARGIN, Chart, Point, Sheet, box, stem, text_width
from .style import Looks

MOST_STEPS = 12
"""Sizes, and process counts, that a map shows; of more it shows a selection from the least to the largest."""
STRONG = 2.0
"""From this lead on a cell has the mechanism's full colour; the closer the race, the paler."""


@dataclass(frozen=True)
class Map:
    """All verdicts of one workload: by size (columns) and process count (rows)."""
    contract: str
    workload: str
    sizes: list[int]
    procs: list[int]
    verdicts: dict[tuple[int, int], Verdict]
    """At (size, procs)."""
    over: set[int]
    """Process counts that are more than the CPUs."""

    @property
    def leaders(self) -> list[str]:
        return list(dict.fromkeys(name for verdict in self.verdicts.values() for name in verdict.leaders))


def maps(cells: list[Cell]) -> list[Map]:
    """The maps of these cells, in display order; none for workloads in which no sharing mechanism was measured."""
    found = []
    for contract in words.contracts(cells):
        for workload in words.workloads(cells, contract):
            mine = [c for c in cells if (c.key.contract, c.key.workload) == (contract, workload)]
            mine = [c for c in mine if not words.paced(c)]
            if not any(c.competes and (c.samples or c.failures) for c in mine) or contract == "globals":
                continue
            tried = [c for c in mine if c.competes and (c.samples or c.failures)] or mine
            sizes = thinned(sorted({c.key.bytes for c in tried}), MOST_STEPS)
            procs = thinned(sorted({c.key.procs for c in tried}), MOST_STEPS)
            at: dict[tuple[int, int], list[Cell]] = {(s, p): [] for s in sizes for p in procs}
            for cell in mine:
                if (cell.key.bytes, cell.key.procs) in at:
                    at[cell.key.bytes, cell.key.procs].append(cell)
            found.append(Map(contract, workload, sizes, procs, {where: decide(group) for where, group in at.items()},
                             {c.key.procs for c in mine if c.oversubscribed}))
    return found


def colour_of(verdict: Verdict, looks: Looks, place: int = 0) -> str:
    """The leader's colour, paler the smaller its lead."""
    lead = verdict.lead if verdict.lead is not None else STRONG
    share = 0.38 if verdict.kind is Kind.TIE else 0.6 + 0.4 * min(1.0, max(0.0, (lead - 1.0) / (STRONG - 1.0)))
    return style.mix(looks[verdict.leaders[place]].colour, share)


class Tiles:
    """Coloured areas of the cells of a sheet, gathered and drawn at once."""

    def __init__(self, sheet: Sheet, looks: Looks) -> None:
        self.sheet, self.looks = sheet, looks
        self._areas: list[list[Point]] = []
        self._colours: list[str] = []
        self._hatched: list[list[Point]] = []
        self._crosses: list[Point] = []

    def add(self, verdict: Verdict, x: float, y: float, width: float, height: float) -> None:
        if verdict.kind is Kind.TIE:
            # The fastest lower left, the second upper right: a race that the file does not decide.
            self._fill([(x, y), (x + width, y + height), (x, y + height)], colour_of(verdict, self.looks))
            self._fill([(x, y), (x + width, y), (x + width, y + height)], colour_of(verdict, self.looks, 1))
        elif verdict.leaders:
            self._fill(box(x, y, width, height), colour_of(verdict, self.looks))
        elif verdict.kind is Kind.FAILED:
            self._fill(box(x, y, width, height), "#fdecee")
        elif verdict.kind is Kind.SKIPPED:
            self._hatched.append(box(x, y, width, height))
        else:
            self._fill(box(x, y, width, height), "#f3f4f6")
        if verdict.failed:
            self._crosses.append((x + width - 0.055, y + 0.055))

    def _fill(self, area: list[Point], colour: str) -> None:
        self._areas.append(area)
        self._colours.append(colour)

    def draw(self) -> None:
        self.sheet.areas(self._areas, self._colours, 1)
        self.sheet.areas(self._hatched, "#ffffff", 1, edge="#c5cad0", hatch="////")
        self.sheet.points(self._crosses, linestyle="none", marker="x", markersize=3.4, markeredgewidth=1.0,
                          color=style.FAIL, zorder=4)


def ink(verdict: Verdict, looks: Looks) -> str:
    if verdict.kind in (Kind.WIN, Kind.ALONE):
        return style.ink_on(colour_of(verdict, looks))
    return style.FAIL if verdict.kind is Kind.FAILED else style.INK if verdict.leaders else style.SOFT


def folded(name: str, width: float, points: float) -> list[str]:
    """A mechanism's name in one line, or in two at an underscore where one is too wide (inches)."""
    if text_width(name, points, bold=True) <= width or "_" not in name:
        return [name]
    cut = min((i for i, letter in enumerate(name) if letter == "_"), key=lambda i: abs(i - len(name) / 2))
    return [name[:cut + 1], name[cut + 1:]]


def fitting(lines: list[str], width: float, height: float, most: float, least: float) -> float:
    """The size (points) at which bold lines fit, 0 when it would be smaller than `least`."""
    widest = max(text_width(line, 1.0, bold=True) for line in lines)
    points = min(most, width / widest, height * 72 / (1.18 * len(lines)))
    return points if points >= least else 0.0


# ---- one contract, every cell written out ----

_CELL_HEIGHT, _CELL_LEAST, _CELL_MOST = 0.5, 0.74, 1.5
_WIDEST, _MAP_LEFT, _MAP_GAP = 13.2, 0.58, 0.5


def contract_maps(results: Results, looks: Looks) -> list[Chart]:
    """One chart per contract: the maps of its workloads, each cell with winner, lead, and the price of sharing."""
    charts = []
    for variant in dict.fromkeys(cell.key.variant for cell in results.cells):
        cells = [cell for cell in results.cells if cell.key.variant == variant]
        for contract in words.contracts(cells):
            selection = classes.select([cell for cell in cells if cell.key.contract == contract])
            drawn = maps(selection.cells)
            if not drawn:
                continue
            conditions = ", ".join(f"{axis}:{value}" for axis, value in variant)
            name = stem(contract, "shmoo", *(part for axis in variant for part in axis))
            charts.append(_contract_chart(results, looks, contract, drawn, selection, conditions, name))
    return charts


def _contract_chart(results: Results, looks: Looks, contract: str, drawn: list[Map],
                    selection: classes.Selection, conditions: str, name: str) -> Chart:
    inner = _WIDEST - 2 * MARGIN - 0.2  # a bracket may stand right of the last map
    rows = _packed(drawn, inner)
    width = min(_cell_width(row, inner) for row in rows)
    needed = max(sum(_MAP_LEFT + width * len(one.sizes) + _MAP_GAP for one in row) - _MAP_GAP for row in rows)
    heights = [0.36 + max(len(one.procs) for one in row) * _CELL_HEIGHT + 0.5 for row in rows]
    verdicts = [v for one in drawn for v in one.verdicts.values()]
    subtitle = ("Each cell names the mechanism with the lowest median time per operation and how many times faster it is "
                "than the runner-up. The paler, the closer.")
    if any(v.kind is Kind.TIE for v in verdicts):
        subtitle += " Split: a tie, the ranges over the rounds overlap."
    if selection.said:
        subtitle += " " + selection.said
    title = f"{contract}: which mechanism wins, by {words.size(contract)} and number of processes"
    if conditions:
        title += f" ({conditions})"
    notes = []
    if any(v.over_private is not None for v in verdicts):
        notes.append("In brackets: its time over that of the same work on memory that is not shared (private), which is "
                     "there for reference and never wins.")
    notes += selection.notes + weaker(results.of(contract))
    notes += legend_notes(verdicts)
    sheet = Sheet(results, max(2 * MARGIN + needed + 0.2, 8.0), sum(heights), title, subtitle, notes)
    tiles = Tiles(sheet, looks)
    top = 0.0
    for row, height in zip(rows, heights):
        left = MARGIN
        for one in row:
            _write_map(sheet, tiles, looks, one, left + _MAP_LEFT, top + 0.36, width, _CELL_HEIGHT, results)
            left += _MAP_LEFT + width * len(one.sizes) + _MAP_GAP
        top += height
    tiles.draw()
    return Chart(name, sheet.figure, title, contract, "; ".join(told(one) for one in drawn))


def weaker(cells: list[Cell]) -> list[str]:
    """Which mechanisms share and yet do not compete, and why."""
    lose = sorted({c.key.mechanism for c in cells if c.loses_updates})
    tear = sorted({c.key.mechanism for c in cells if c.tears and not c.loses_updates and not c.competes})
    notes = [f"{', '.join(lose)} may lose updates and does not compete."] if lose else []
    if tear:
        verb = "do" if len(tear) > 1 else "does"
        notes.append(f"{', '.join(tear)} may show half of a write, and {verb} not compete where an operation is more than "
                     "a machine word.")
    return [" ".join(notes)] if notes else []


def legend_notes(verdicts: list[Verdict]) -> list[str]:
    """What the marks on a map mean, as far as they occur."""
    kinds = {v.kind for v in verdicts}
    parts = []
    if any(v.failed for v in verdicts):
        parts.append("× in a corner: a mechanism failed here at least once")
    if Kind.FAILED in kinds:
        parts.append("pink: all that tried failed")
    if Kind.SKIPPED in kinds:
        parts.append("hatched: no mechanism can do it")
    if Kind.UNMEASURED in kinds:
        parts.append("grey: not measured")
    if Kind.ALONE in kinds:
        parts.append("alone: no other was measured")
    return ["; ".join(parts)[:1].upper() + "; ".join(parts)[1:] + "."] if parts else []


def told(one: Map) -> str:
    """A map as a sentence, for those who do not see it."""
    wins: dict[str, int] = {}
    for verdict in one.verdicts.values():
        name = verdict.leaders[0] if verdict.kind in (Kind.WIN, Kind.ALONE) else verdict.kind.value
        wins[name] = wins.get(name, 0) + 1
    ranked = sorted(wins.items(), key=lambda item: -item[1])
    return f"{one.workload}: " + ", ".join(f"{name} {number} of {len(one.verdicts)}" for name, number in ranked)


def _packed(drawn: list[Map], inner: float) -> list[list[Map]]:
    """Maps in rows, as many side by side as fit with cells wide enough to be written in."""
    rows: list[list[Map]] = []
    free = 0.0
    for one in drawn:
        need = _MAP_LEFT + len(one.sizes) * _CELL_LEAST + _MAP_GAP
        if not rows or need > free + _MAP_GAP:
            rows.append([])
            free = inner
        rows[-1].append(one)
        free -= need
    return rows


def _cell_width(row: list[Map], inner: float) -> float:
    """The width of a cell (inches) with which a row is filled, within reason."""
    room = inner - len(row) * _MAP_LEFT - (len(row) - 1) * _MAP_GAP
    return min(_CELL_MOST, room / sum(len(one.sizes) for one in row))


def _write_map(sheet: Sheet, tiles: Tiles, looks: Looks, one: Map, left: float, top: float, width: float, height: float,
               results: Results) -> None:
    """A map with every cell written out; `width` and `height` of a cell."""
    sheet.text(left, top - 0.09, one.workload, 10, va="bottom", weight="bold")
    for row, procs in enumerate(reversed(one.procs)):
        y = top + row * height
        sheet.text(left - 0.08, y + height / 2, str(procs), 8, ha="right", color=style.SOFT)
        for column, size in enumerate(one.sizes):
            verdict = one.verdicts[size, procs]
            x = left + column * width
            tiles.add(verdict, x, y, width, height)
            _write_cell(sheet, looks, verdict, x, y, width, height)
    _ruling(sheet, one, left, top, width, height)
    bottom = top + height * len(one.procs)
    for column, size in enumerate(one.sizes):
        sheet.text(left + (column + 0.5) * width, bottom + 0.06, units.nbytes(size), 8, va="top", ha="center",
                   color=style.SOFT)
    sheet.text(left - 0.4, (top + bottom) / 2, "processes", 8, rotation=90, ha="center", color=style.SOFT)
    _mark_regime(sheet, one, left, top, width, height, results, 7.0)


def _ruling(sheet: Sheet, one: Map, left: float, top: float, width: float, height: float) -> None:
    """White lines between the cells."""
    right, bottom = left + width * len(one.sizes), top + height * len(one.procs)
    sheet.lines([[(left + i * width, top), (left + i * width, bottom)] for i in range(len(one.sizes) + 1)] +
                [[(left, top + i * height), (right, top + i * height)] for i in range(len(one.procs) + 1)],
                "#ffffff", 1.4, 2)


def _mark_regime(sheet: Sheet, one: Map, left: float, top: float, width: float, height: float, results: Results,
                 points: float) -> None:
    """A bracket beside the rows with more processes than CPUs."""
    rows = [row for row, procs in enumerate(reversed(one.procs)) if procs in one.over]
    if not rows:
        return
    x, low, high = left + width * len(one.sizes) + 0.05, top + (rows[-1] + 1) * height - 0.03, top + 0.03
    sheet.lines([[(x, high), (x + 0.05, high), (x + 0.05, low), (x, low)]], style.SHADE_INK, 0.9, 3)
    text = f"> {results.cpus} CPUs" if results.cpus else "> CPUs"
    if text_width(text, points) <= (low - high) + 0.12:
        sheet.text(x + 0.12, (low + high) / 2, text, points, rotation=270, ha="center", color=style.SHADE_INK)


def _write_cell(sheet: Sheet, looks: Looks, verdict: Verdict, x: float, y: float, width: float, height: float) -> None:
    colour = ink(verdict, looks)
    middle, inner = x + width / 2, width - 0.13
    if not verdict.leaders:
        text = {Kind.FAILED: "failed", Kind.SKIPPED: "skipped"}.get(verdict.kind, "not measured")
        points = fitting([text], inner, height, 7.5, 3.0)
        sheet.text(middle, y + height / 2, text if points else "", points or 3.0, ha="center", color=colour,
                   bbox={"facecolor": "white", "edgecolor": "none", "pad": 1.5} if verdict.kind is Kind.SKIPPED else None)
        return
    if verdict.kind is Kind.TIE:
        more = len(verdict.leaders) - 2
        names = [verdict.leaders[0], f"≈ {verdict.leaders[1]}" + (f" +{more}" if more else "")]
        below = ""
    else:
        names = folded(verdict.leaders[0], inner, 7.6)
        below = units.factor(verdict.lead) if verdict.lead is not None else "alone"
    if verdict.over_private is not None:
        below = (below + "  " if below else "") + f"({units.factor(verdict.over_private)})"
    points = fitting(names, inner, height * 0.62, 8.6, 1.0) or 1.0
    small = (fitting([below], inner, height * 0.3, 7.6, 1.0) or 1.0) if below else 0.0
    line, gap = points * 1.2 / 72, 0.03 if below else 0.0
    total = line * len(names) + gap + small * 1.1 / 72
    at = y + (height - total) / 2 + line / 2
    for name in names:
        sheet.text(middle, at, name, points, ha="center", weight="bold", color=colour, zorder=5)
        at += line
    if below:
        sheet.text(middle, at - line / 2 + gap + small * 0.55 / 72, below, small, ha="center", color=colour, zorder=5)


# ---- all contracts on one sheet ----

_OVER_WIDTH, _OVER_LEFT, _OVER_GAP, _OVER_HEAD, _OVER_FOOT = 12.6, 0.36, 0.2, 0.24, 0.3


def overview(results: Results, looks: Looks) -> list[Chart]:
    """All maps on one sheet: a row per contract, regions of one winner named once, leads in small figures."""
    selection = classes.select([c for c in results.cells if not c.key.variant and c.key.contract != "globals"])
    drawn = maps(selection.cells)
    if len({one.contract for one in drawn}) < 2:
        return []
    rows = [[one for one in drawn if one.contract == contract] for contract in dict.fromkeys(m.contract for m in drawn)]
    verdicts = [v for one in drawn for v in one.verdicts.values()]
    heights = [max(0.98, 0.29 * max(len(one.procs) for one in row)) for row in rows]
    legend = _legend_lines(looks, [name for one in drawn for name in one.leaders])
    body = sum(heights) + len(rows) * (_OVER_HEAD + _OVER_FOOT) + 0.16 + 0.2 * len(legend)
    subtitle = ("Each map shows one kind of work, size from left to right and processes from bottom to top. Its cells have "
                "the colour of the fastest mechanism; the figure says how many times faster it is than the runner-up.")
    if selection.said:
        subtitle += " " + selection.said
    parts = []
    if any(v.kind is Kind.TIE for v in verdicts):
        parts.append("Pale and split: a tie, the ranges over the rounds overlap.")
    parts += legend_notes(verdicts)
    if any(one.over for one in drawn):
        cpus = f"the {results.cpus} CPUs" if results.cpus else "CPUs"
        parts.append(f"Bracket: more processes than {cpus}.")
    if any(not cell.competes for cell in results.cells):
        parts.append("What is not really shared, may lose updates or may show half of a write does not compete.")
    title = "Which way should these processes share their data?"
    sheet = Sheet(results, _OVER_WIDTH, body, title, subtitle, [" ".join(parts)])
    tiles = Tiles(sheet, looks)
    top = 0.0
    for row, height in zip(rows, heights):
        _overview_row(sheet, tiles, looks, row, top, height, results)
        top += _OVER_HEAD + height + _OVER_FOOT
    tiles.draw()
    for number, entries in enumerate(legend):
        x = MARGIN - 0.22
        for kind, text in entries:
            x += 0.0 if kind else 0.22  # families stand apart
            if kind:
                sheet.areas([box(x, top + 0.1 + 0.2 * number, 0.14, 0.12)], looks[text].colour, 2)
                sheet.text(x + 0.18, top + 0.16 + 0.2 * number, text, 8.2)
                x += 0.32 + text_width(text, 8.2)
            else:
                sheet.text(x, top + 0.16 + 0.2 * number, text, 8.2, color=style.SOFT)
                x += 0.1 + text_width(text, 8.2)
    return [Chart("shmoo", sheet.figure, title, "", "; ".join(f"{m.contract}/{told(m)}" for m in drawn))]


def _legend_lines(looks: Looks, names: list[str]) -> list[list[tuple[bool, str]]]:
    """The winners by family, broken into lines that fit: (True, mechanism) or (False, family)."""
    lines: list[list[tuple[bool, str]]] = [[]]
    used = 0.0
    for family in style.FAMILIES:
        members = sorted({n for n in names if looks[n].family == family}, key=list(looks.names).index)
        if not members:
            continue
        entries = [(False, family)] + [(True, name) for name in members]
        need = sum((0.32 if kind else 0.1) + text_width(text, 8.2) for kind, text in entries) + 0.22
        if used and used + need > _OVER_WIDTH - 2 * MARGIN:
            lines.append([])
            used = 0.0
        lines[-1] += entries
        used += need
    return lines


def _overview_row(sheet: Sheet, tiles: Tiles, looks: Looks, row: list[Map], top: float, height: float,
                  results: Results) -> None:
    room = _OVER_WIDTH - 2 * MARGIN - 0.28 - len(row) * (_OVER_LEFT + _OVER_GAP) + _OVER_GAP
    shares = [max(len(one.sizes), 2.2) for one in row]
    sheet.text(MARGIN + 0.06, top + _OVER_HEAD + height / 2, row[0].contract, 13, rotation=90, ha="center", weight="bold")
    left = MARGIN + 0.28 + _OVER_LEFT - 0.1
    for one, share in zip(row, shares):
        width = min(room * share / sum(shares), 5.0)
        _overview_map(sheet, tiles, looks, one, left, top + _OVER_HEAD, width, height, results)
        left += width + _OVER_GAP + _OVER_LEFT


def _overview_map(sheet: Sheet, tiles: Tiles, looks: Looks, one: Map, left: float, top: float, width: float, height: float,
                  results: Results) -> None:
    across, up = width / len(one.sizes), height / len(one.procs)
    sheet.text(left, top - 0.06, one.workload, 9, va="bottom", weight="bold")
    order = one.procs[::-1]
    for row, procs in enumerate(order):
        sheet.text(left - 0.05, top + (row + 0.5) * up, str(procs), 7, ha="right", color=style.SOFT)
        for column, size in enumerate(one.sizes):
            verdict = one.verdicts[size, procs]
            tiles.add(verdict, left + column * across, top + row * up, across, up)
            if verdict.kind is Kind.WIN and verdict.lead:
                text = units.factor(verdict.lead)
                points = fitting([text], across - 0.05, up * 0.42, 6.6, 4.4)
                if points:
                    sheet.text(left + (column + 0.5) * across, top + (row + 1) * up - 0.03 - points * 0.5 / 72, text, points,
                               ha="center", color=ink(verdict, looks), zorder=5)
    _borders(sheet, one, left, top, across, up)
    free_to = float("inf")
    for column in reversed(range(len(one.sizes))):
        name, middle = units.nbytes(one.sizes[column]), left + (column + 0.5) * across
        half = text_width(name, 7) / 2 + 0.03
        if middle + half < free_to:
            sheet.text(middle, top + height + 0.04, name, 7, va="top", ha="center", color=style.SOFT)
            free_to = middle - half
    _mark_regime(sheet, one, left, top, across, up, results, 99.0)
    for verdict, column, row, length, depth in regions(one):
        _name_region(sheet, looks, verdict, left + column * across, top + row * up, length * across, depth * up, up)


def _name_region(sheet: Sheet, looks: Looks, verdict: Verdict, x: float, y: float, width: float, height: float,
                 cell: float) -> None:
    """Writes the winner's name once into its region, above the figures of the row in the region's middle."""
    if not verdict.leaders:
        return
    tie = verdict.kind is Kind.TIE
    usable, inner = cell * (0.86 if tie else 0.56), width - 0.06
    lines = folded(verdict.leaders[0], inner, 6.0)
    points = fitting(lines, inner, usable, 9.5, 4.6)
    if tie:
        lines = [verdict.leaders[0], f"≈ {verdict.leaders[1]}"]
        points = fitting(lines, inner, usable, 8.0, 6.0)
        if not points:
            lines, points = ["tie"], fitting(["tie"], inner, usable, 7.0, 4.6)
    if not points:
        return
    row = (round(height / cell) - 1) // 2
    middle = y + row * cell + (cell / 2 if tie else usable / 2 + 0.02)
    line = points * 1.08 / 72
    for number, text in enumerate(lines):
        sheet.text(x + width / 2, middle + (number - (len(lines) - 1) / 2) * line, text, points, ha="center",
                   weight="normal" if tie else "bold", color=ink(verdict, looks), zorder=5)


def _borders(sheet: Sheet, one: Map, left: float, top: float, width: float, height: float) -> None:
    """White lines, strong between cells of different outcomes, so that a territory is one area."""
    outcome = outcomes(one)
    strong: list[list[Point]] = []
    faint: list[list[Point]] = []
    for (column, row), here in outcome.items():
        x, y = left + column * width, top + row * height
        for near, line in (((column + 1, row), [(x + width, y), (x + width, y + height)]),
                           ((column, row + 1), [(x, y + height), (x + width, y + height)])):
            if near in outcome:
                (strong if outcome[near] != here else faint).append(line)
    sheet.lines(faint, "#ffffff", 0.5, 2, alpha=0.45)
    sheet.lines(strong, "#ffffff", 1.8, 2)


def outcomes(one: Map) -> dict[tuple[int, int], tuple[str, ...]]:
    """What a cell of the map (column, row from the top) shows; equal neighbours belong to one territory."""
    found = {}
    for column, size in enumerate(one.sizes):
        for row, procs in enumerate(reversed(one.procs)):
            verdict = one.verdicts[size, procs]
            won = verdict.kind in (Kind.WIN, Kind.ALONE)
            found[column, row] = ("won" if won else verdict.kind.value, *verdict.leaders[:1 if won else 2])
    return found


def regions(one: Map) -> list[tuple[Verdict, int, int, int, int]]:
    """The largest rectangle in each territory: the verdict in its middle, column, row (from the top), columns, rows."""
    outcome = outcomes(one)
    left = set(outcome)
    found = []
    while left:
        start = min(left, key=lambda at: (at[1], at[0]))
        region, edge = {start}, [start]
        while edge:
            column, row = edge.pop()
            for near in ((column + 1, row), (column - 1, row), (column, row + 1), (column, row - 1)):
                if near in left and near not in region and outcome[near] == outcome[start]:
                    region.add(near)
                    edge.append(near)
        left -= region
        column, row, length, depth = _largest_rectangle(region)
        middle = one.verdicts[one.sizes[column + (length - 1) // 2], one.procs[-1 - row - (depth - 1) // 2]]
        found.append((middle, column, row, length, depth))
    return found


def _largest_rectangle(region: set[tuple[int, int]]) -> tuple[int, int, int, int]:
    """Column, row, columns, rows of the widest, then highest rectangle inside a region."""
    best = (0, 0, 0, 0)
    for column, row in sorted(region):
        length = 0
        while (column + length, row) in region:
            length += 1
            depth = 1
            while all((column + i, row + depth) in region for i in range(length)):
                depth += 1
            if (length, depth) > best[2:]:
                best = (column, row, length, depth)
    return best
