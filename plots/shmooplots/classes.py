"""Which samples a chart shows where a file has samples of several classes. No drawing here.

A cache line's round trip takes 55 ns between two threads of a core and 500 ns between cores that share no cache, and a host
may move the CPUs of a guest from one to the other: a median over both is the time of neither. So a chart keeps to one class,
the one with most of its samples, and says so. On a large machine the class follows from the number of processes: where the
chart's class hardly occurs at a process count, the most frequent one there takes its place.
"""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from . import units, words
from .reading import Cell

LEAST_COVER = 1 / 3
"""A process count keeps to the chart's class when at least this share of its cells has samples of that class."""


@dataclass(frozen=True)
class Selection:
    cells: list[Cell]
    """All cells; their samples are those of one class per placement and process count."""
    said: str = ""
    """Which class the chart shows and what it leaves out, as a sentence; empty where no sample has a class."""
    notes: list[str] = field(default_factory=list)
    """Which cells lost all their samples."""
    at: dict[int, str] = field(default_factory=dict)
    """The class at each process count, of cells that are placed by default."""


def order(name: str | None) -> tuple[int, str]:
    """For sorting classes: nearest first, unknown last."""
    known = list(words.CLASSES)
    return (known.index(name) if name in known else len(known) + (name is None), name or "")


def select(cells: list[Cell]) -> Selection:
    """The cells of one chart, each with its samples of the chart's class only."""
    groups: dict[tuple[str, int], list[Cell]] = {}
    for cell in cells:
        groups.setdefault((cell.axis("place"), cell.key.procs), []).append(cell)
    chosen: dict[tuple[str, int], str | None] = {}
    for place in {place for place, _ in groups}:
        placed = [cell for cell in cells if cell.axis("place") == place]
        favourite = _most(Counter(s.team_class for c in placed for s in c.samples if s.team_class))
        for group, members in groups.items():
            counts = Counter(s.team_class for c in members for s in c.samples)
            if group[0] == place and any(counts):
                measured = [c for c in members if c.samples]
                covered = [c for c in measured if any(s.team_class == favourite for s in c.samples)]
                chosen[group] = favourite if len(covered) >= LEAST_COVER * len(measured) else _most(counts)
    if not chosen:
        return Selection(cells)
    kept, left_out, shown = [], Counter(), 0
    for cell in cells:
        group = (cell.axis("place"), cell.key.procs)
        mine = [s for s in cell.samples if group not in chosen or s.team_class == chosen[group]]
        others = Counter(s.team_class for s in cell.samples)
        if group in chosen:
            shown += len(mine)
            left_out.update({name: number for name, number in others.items() if name != chosen[group]})
        if len(mine) < len(cell.samples):
            cell = replace(cell, samples=mine, elsewhere=None if mine else str(_most(others) or "unknown class"))
        kept.append(cell)
    at = {procs: name for (place, procs), name in chosen.items() if name and not place}
    return Selection(kept, _said(chosen, shown, left_out), _lost(kept), at)


def _most(counts: Counter) -> str | None:
    """The class of most samples, the nearest among equals."""
    return min(counts, key=lambda name: (-counts[name], order(name)), default=None)


def _name(name: str | None) -> str:
    return name or "unknown"


def _said(chosen: dict[tuple[str, int], str | None], shown: int, left_out: Counter) -> str:
    total = shown + sum(left_out.values())
    rest = ", ".join(f"{_name(name)} {units.percent(left_out[name] / total)}" for name in sorted(left_out, key=order))
    names = sorted(set(chosen.values()), key=order)
    if len(names) == 1:
        means = words.team_class(names[0])
        named = _name(names[0]) + (f" ({means})" if means else "")
        kept = f"{units.percent(shown / total)} of the samples"
        return f"Only class {named}: {kept}; left out: {rest}." if left_out else f"Class {named}."
    by_class = []
    for name in names:
        counts = sorted({procs for (_, procs), other in chosen.items() if other == name})
        listed = ", ".join(map(str, counts[:-1])) + (" and " if counts[1:] else "") + str(counts[-1])
        by_class.append(f"{_name(name)} at {listed}")
    return (f"Class by processes: {'; '.join(by_class)}" +
            (f": {units.percent(shown / total)} of the samples; left out: {rest}." if left_out else "."))


def _lost(cells: list[Cell]) -> list[str]:
    lost = [cell for cell in cells if cell.elsewhere]
    if not lost:
        return []
    first = lost[0]
    more = f"; {len(lost) - 1} more: see the page" if len(lost) > 1 else ""
    return [f"Measured in other classes only: {first.key.series.label}, {units.nbytes(first.key.bytes)}, "
            f"{units.processes(first.key.procs)} ({first.elsewhere}){more}."]
