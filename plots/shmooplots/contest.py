"""Who wins a cell of the map, and by how much. No drawing here.

The measure is the median time per operation of the whole team. Only mechanisms that really share and keep what they are
told compete (Cell.competes). Two mechanisms whose ranges over the rounds overlap tie with each other: the file does not
show that one is faster.
"""
from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .reading import Cell, median, spread

LEAST_LEAD_OF_ONE_ROUND = 1.1
"""A single sample has no range: a smaller lead than this counts as a tie."""


class Kind(Enum):
    WIN = "win"
    TIE = "tie"
    ALONE = "alone"            # measured, and no other competitor was
    FAILED = "failed"          # competitors were launched and none proved its result
    SKIPPED = "skipped"        # no competitor can do this cell
    UNMEASURED = "unmeasured"


@dataclass(frozen=True)
class Verdict:
    kind: Kind
    leaders: tuple[str, ...] = ()
    """The winner, or all that tie with the fastest, fastest first."""
    lead: float | None = None
    """Median time of the best that is no leader (in a tie: of the second) over that of the first; None when alone."""
    over_private: float | None = None
    """Median time of the first over that of the same work on memory that is not shared; None when not measured."""
    failed: int = 0
    """Competitors of this cell with at least one failed launch."""


def overlap(one: list[float], other: list[float]) -> bool:
    """Whether the ranges over rounds of two sets of times (ns) overlap."""
    if min(len(one), len(other)) == 1:
        middles = median(one), median(other)
        if max(middles) < LEAST_LEAD_OF_ONE_ROUND * min(middles):
            return True
    (low, high), (other_low, other_high) = spread(one), spread(other)
    return low <= other_high and other_low <= high


def decide(cells: list[Cell]) -> Verdict:
    """The verdict over all mechanisms of one workload at one size and process count."""
    field = [cell for cell in cells if cell.competes]
    failed = sum(1 for cell in field if cell.failures)
    ranked = sorted((cell for cell in field if cell.samples), key=lambda cell: (median(cell.times), cell.name))
    if not ranked:
        if failed:
            return Verdict(Kind.FAILED, failed=failed)
        return Verdict(Kind.SKIPPED if any(cell.skipped for cell in field) else Kind.UNMEASURED)
    best = ranked[0]
    reference = [median(cell.times) for cell in cells if cell.isolated and cell.samples]
    over_private = median(best.times) / min(reference) if reference else None
    if len(ranked) == 1:
        return Verdict(Kind.ALONE, (best.key.mechanism,), None, over_private, failed)
    leaders = [best] + [cell for cell in ranked[1:] if overlap(best.times, cell.times)]
    lead = median(ranked[1].times) / median(best.times)
    return Verdict(Kind.TIE if len(leaders) > 1 else Kind.WIN, tuple(cell.key.mechanism for cell in leaders), lead,
                   over_private, failed)
