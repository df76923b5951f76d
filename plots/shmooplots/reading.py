"""The results file, checked and grouped: a cell is one name, its samples are the rows with that name, one per round.

The format is Google Benchmark's with keys of ours (results/README.md). Keys that are not known here are ignored, so a
newer minor addition to the file does no harm. Everything that is wrong with a file is a BadInput with one line.
"""
from __future__ import annotations

import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SCHEMA = 1
"""The newest number of the format that this program reads."""

MACHINE_WORD = 8  # bytes that no mechanism can tear

FLOOR = "floor"
"""The contract of the cells that are floors themselves: probes of the hardware and the kernel, never ranked."""

_TO_NS = {"ns": 1.0, "us": 1e3, "ms": 1e6, "s": 1e9}
_LONGEST_NAME = 64
_ADVICE = "give a file that 'shmoo run --out FILE.json' wrote"


class BadInput(Exception):
    """The file cannot be used; the text says what, where and what to do, in one line."""


@dataclass(frozen=True)
class Sample:
    """What one launch yielded. Times in ns per operation of the whole team; None = not in the file."""
    round: int
    time_ns: float
    operations_per_second: float
    bytes_per_second: float | None = None
    cpu_ns: float | None = None
    switches: float | None = None
    faults: float | None = None
    least_share: float | None = None
    p50_ns: float | None = None
    p99_ns: float | None = None
    floor_ns: float | None = None
    """The limit of the same work, measured in the same launch on the same CPUs."""
    x_floor: float | None = None
    """The time over that."""
    floor: str | None = None
    """Which probe found it."""
    unsettled: bool | None = None
    """Whether the floor changed by more than a quarter during the launch."""
    team_class: str | None = None
    """Where the team's CPUs sat: same_cpu, smt, same_l3, far; None for a single process, or where it is not known."""


@dataclass(frozen=True)
class Key:
    """Where a cell stands in the grid; `bytes` is the payload, `variant` the axes that are not at their default."""
    contract: str
    workload: str
    mechanism: str
    bytes: int
    procs: int
    variant: tuple[tuple[str, str], ...] = ()

    @property
    def series(self) -> "Series":
        return Series(self.mechanism, self.variant)


@dataclass(frozen=True, order=True)
class Series:
    """What is drawn as one line: a mechanism, and a variant of it where that is not the default."""
    mechanism: str
    variant: tuple[tuple[str, str], ...] = ()

    @property
    def label(self) -> str:
        return ", ".join([self.mechanism] + [f"{axis}:{value}" for axis, value in self.variant])


@dataclass
class Cell:
    """One point of the grid and all that is known of it."""
    name: str
    key: Key
    samples: list[Sample] = field(default_factory=list)
    failures: list[tuple[int, str]] = field(default_factory=list)
    """(round, reason) of each launch that did not prove its result."""
    skipped: str | None = None
    """Why it was never launched."""
    oversubscribed: bool = False
    isolated: bool = False
    loses_updates: bool = False
    tears: bool = False
    moved: float | None = None
    """Bytes that one operation moves; None = not known, then it is the payload."""
    elsewhere: str | None = None
    """Of a selection by class: the class of the most samples, where all samples are of classes that were left out."""

    @property
    def competes(self) -> bool:
        """Whether the mechanism really shares, and keeps what it is told: otherwise it is drawn, and never wins.

        Seeing half of a write matters only where an operation is more than one machine word."""
        moved = self.key.bytes if self.moved is None else self.moved
        return not (self.isolated or self.loses_updates or (self.tears and moved > MACHINE_WORD))

    @property
    def times(self) -> list[float]:
        return [sample.time_ns for sample in self.samples]

    def values(self, quantity: str) -> list[float]:
        """This field of Sample, of the samples that carry it."""
        return [v for v in (getattr(sample, quantity) for sample in self.samples) if v is not None]

    def median(self, quantity: str) -> float | None:
        """Median over the samples that carry this field of Sample."""
        values = self.values(quantity)
        return median(values) if values else None

    def axis(self, name: str) -> str:
        """The value of an axis that is not at its default; empty where it is."""
        return dict(self.key.variant).get(name, "")


@dataclass
class Results:
    path: Path
    context: dict[str, Any]
    cells: list[Cell]
    """Those that mechanisms compete in."""
    floors: list[Cell] = field(default_factory=list)
    """Probes of the machine that the run measured like cells."""
    notes: list[tuple[str, int | None, str]] = field(default_factory=list)
    """(name, round, reason) of failures and skips that belong to no cell of the grid."""

    @property
    def machine(self) -> dict[str, Any]:
        return _object(self.context.get("machine"))

    @property
    def cpus(self) -> int | None:
        """CPUs that the run could use, as the file says; None where it does not."""
        allowed = _object(self.machine.get("identity")).get("allowed_cpus")
        if isinstance(allowed, list) and allowed:
            return len(allowed)
        cpus = self.context.get("num_cpus")
        return cpus if isinstance(cpus, int) and cpus > 0 else None

    @property
    def machine_line(self) -> str:
        """The machine in one line: its summary, else what Google Benchmark's keys tell."""
        summary = self.machine.get("summary")
        if isinstance(summary, str) and summary:
            return summary
        return ", ".join([str(self.context.get("host_name") or "unknown machine")] +
                         ([f"{self.cpus} CPUs"] if self.cpus else []))

    def run_line(self, bars: bool = True) -> str:
        """When, from which build and how it was measured, in one line; `bars`: whether bars show the spread over rounds."""
        parts = [str(self.context.get("date") or "no date")[:16].replace("T", " ")]
        build, run = _object(self.context.get("build")), _object(self.context.get("run"))
        if build.get("commit"):
            parts.append(f"shmoo {str(build['commit'])[:12]}")
        if run.get("profile"):
            parts.append(f"profile {run['profile']}")
        parts.append(self._rounds_line(bars))
        if run.get("complete") is False:
            parts.append("interrupted run")
        return " · ".join(parts)

    @property
    def rounds(self) -> int:
        """The most samples that a cell has."""
        return max((len(cell.samples) for cell in self.cells + self.floors), default=0)

    def _rounds_line(self, bars: bool) -> str:
        if self.rounds <= 1:
            return "1 round: no spread known"
        if not bars:
            return f"medians of {self.rounds} rounds"
        what = "lowest to highest" if self.rounds < ROUNDS_FOR_QUARTILES else "middle half"
        if self.rounds >= ROUNDS_FOR_QUARTILES and len(self.classes) > 1:
            what += f" (lowest to highest of fewer than {ROUNDS_FOR_QUARTILES} samples in a class)"
        return f"medians of {self.rounds} rounds, bars: {what}"

    @property
    def classes(self) -> dict[str | None, int]:
        """How many samples of several processes fell in which class; empty where the file tells no class at all."""
        found: dict[str | None, int] = {}
        for cell in self.cells + self.floors:
            for sample in cell.samples if cell.key.procs > 1 else []:
                found[sample.team_class] = found.get(sample.team_class, 0) + 1
        return found if any(found) else {}

    def of(self, contract: str, workload: str | None = None) -> list[Cell]:
        return [c for c in self.cells
                if c.key.contract == contract and (workload is None or c.key.workload == workload)]


def _object(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def quantile(values: list[float], q: float) -> float:
    """The q-quantile of at least one value, linear between order statistics."""
    ordered = sorted(values)
    place = q * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: list[float]) -> float:
    return quantile(values, 0.5)


ROUNDS_FOR_QUARTILES = 5


def spread(values: list[float]) -> tuple[float, float]:
    """The range shown for samples of several rounds: lowest to highest, from five rounds on the middle half."""
    if len(values) < ROUNDS_FOR_QUARTILES:
        return min(values), max(values)
    return quantile(values, 0.25), quantile(values, 0.75)


def read(path: str | Path) -> Results:
    """Reads and checks a results file. Raises BadInput."""
    path = Path(path)
    document = _parse(path)
    rows = _list(path, document, "benchmarks", required=True)
    _require_ours(path, document, rows)
    cells: dict[str, Cell] = {}
    results = Results(path, _object(document.get("context")), [])
    for number, row in enumerate(rows):
        _add_row(cells, row, f"{path}: benchmarks[{number}]")
    for kind in ("failures", "skipped"):
        for number, entry in enumerate(_list(path, document, kind)):
            _add_absence(cells, results, kind, entry, f"{path}: {kind}[{number}]")
    _spread_traits(cells)
    results.cells = [cell for cell in cells.values() if cell.key.contract != FLOOR]
    results.floors = [cell for cell in cells.values() if cell.key.contract == FLOOR]
    if not cells:
        raise BadInput(f"{path}: holds no cell: nothing to draw; run 'shmoo run' with a wider --filter")
    return results


def _parse(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file: {_ADVICE}") from None
    except IsADirectoryError:
        raise BadInput(f"{path}: is a folder: {_ADVICE}") from None
    except UnicodeDecodeError:
        raise BadInput(f"{path}: not a text file: {_ADVICE}") from None
    except (OSError, ValueError) as error:
        raise BadInput(f"{path}: cannot be read ({getattr(error, 'strerror', None) or error}): {_ADVICE}") from None
    if not text.strip():
        raise BadInput(f"{path}: empty: {_ADVICE}")

    def refuse(constant: str) -> None:
        raise BadInput(f"{path}: holds {constant}, which is not JSON: {_ADVICE}")

    try:
        document = json.loads(text, parse_constant=refuse)
    except json.JSONDecodeError as error:
        end = len(text.rstrip())
        if error.pos >= end - 8 or error.msg.startswith("Unterminated string"):
            raise BadInput(f"{path}: ends in the middle of line {text.count(chr(10), 0, end) + 1} (truncated?): "
                           "run 'shmoo run' again or copy the file again") from None
        raise BadInput(f"{path}: not JSON at line {error.lineno}, column {error.colno} ({error.msg}): "
                       f"{_ADVICE}") from None
    except (RecursionError, ValueError):
        raise BadInput(f"{path}: nested too deep or numbers too long to be a results file: {_ADVICE}") from None
    if not isinstance(document, dict):
        raise BadInput(f"{path}: JSON, but not a results file (no object at the top): {_ADVICE}")
    return document


def _require_ours(path: Path, document: dict[str, Any], rows: list[Any]) -> None:
    schema = document.get("schema")
    if schema is None:
        first = rows[0] if rows and isinstance(rows[0], dict) else {}
        if "real_time" in first and "contract" not in first:
            raise BadInput(f"{path}: Google Benchmark's own output, without the keys of shmoo: {_ADVICE}")
        raise BadInput(f"{path}: not a results file of shmoo (no number 'schema' at the top): {_ADVICE}")
    if not isinstance(schema, int) or isinstance(schema, bool) or schema < 1:
        raise BadInput(f"{path}: 'schema' is not a whole number from 1 on: {_ADVICE}")
    if schema > SCHEMA:
        raise BadInput(f"{path}: schema {schema} is newer than {SCHEMA}, the newest this program reads: update shmoo")


def _list(path: Path, document: dict[str, Any], key: str, required: bool = False) -> list[Any]:
    value = document.get(key)
    if value is None and not required:
        return []
    if not isinstance(value, list):
        raise BadInput(f"{path}: not a results file of shmoo (no list '{key}'): {_ADVICE}")
    return value


def _text(row: dict[str, Any], key: str, where: str) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not value:
        raise BadInput(f"{where}: '{key}' is {'missing' if key not in row else 'not a text'}: {_ADVICE}")
    return value


def _name(row: dict[str, Any], key: str, where: str) -> str:
    value = _text(row, key, where)
    if len(value) > _LONGEST_NAME or not value.isprintable():
        raise BadInput(f"{where}: '{key}' is not a name of at most {_LONGEST_NAME} characters: {_ADVICE}")
    return value


def _number(row: dict[str, Any], key: str, where: str, least: float = 0.0) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise BadInput(f"{where}: '{key}' is {'missing' if key not in row else 'not a number'}: {_ADVICE}")
    if not least <= value < 1e300:
        raise BadInput(f"{where}: '{key}' is {value:.6g}, out of range: {_ADVICE}")
    return float(value)


def _whole(row: dict[str, Any], key: str, where: str, least: int) -> int:
    value = _number(row, key, where, least)
    if value != int(value):
        raise BadInput(f"{where}: '{key}' is {value:.6g}, not a whole number: {_ADVICE}")
    return int(value)


def _optional(row: dict[str, Any], key: str, where: str) -> float | None:
    return None if row.get(key) is None else _number(row, key, where)


def _optional_name(row: dict[str, Any], key: str, where: str) -> str | None:
    return None if row.get(key) is None else _name(row, key, where)


def _optional_flag(row: dict[str, Any], key: str, where: str) -> bool | None:
    value = row.get(key)
    if value is not None and not isinstance(value, bool):
        raise BadInput(f"{where}: '{key}' is neither true nor false: {_ADVICE}")
    return value


def _add_row(cells: dict[str, Cell], row: Any, where: str) -> None:
    if not isinstance(row, dict):
        raise BadInput(f"{where}: not an object: {_ADVICE}")
    if row.get("run_type", "iteration") != "iteration":
        return  # means and medians that Google Benchmark's tools may have added
    name = _text(row, "name", where)
    where = f"{where} ({name})"
    variant = row.get("variant") or {}
    if not isinstance(variant, dict):
        raise BadInput(f"{where}: 'variant' is not an object: {_ADVICE}")
    key = Key(_name(row, "contract", where), _name(row, "workload", where), _name(row, "mechanism", where),
              _whole(row, "bytes", where, 0), _whole(row, "procs", where, 1),
              tuple((str(axis), str(value)) for axis, value in variant.items()))
    unit = row.get("time_unit", "ns")
    if unit not in _TO_NS:
        raise BadInput(f"{where}: 'time_unit' is not one of {', '.join(_TO_NS)}: {_ADVICE}")
    time_ns = _number(row, "real_time", where) * _TO_NS[unit]
    if time_ns <= 0:
        raise BadInput(f"{where}: 'real_time' is not more than 0: {_ADVICE}")
    operations = _optional(row, "operations_per_second", where)
    cell = cells.setdefault(name, Cell(name, key))
    if cell.key != key:
        raise BadInput(f"{where}: other rows of this name say another contract, mechanism, size or count: {_ADVICE}")
    floor_ns, x_floor = _optional(row, "floor_ns", where) or None, _optional(row, "x_floor", where) or None
    if floor_ns and x_floor is None:
        x_floor = time_ns / floor_ns
    plain = ("bytes_per_second", "cpu_ns", "switches", "faults", "least_share", "p50_ns", "p99_ns")
    cell.samples.append(Sample(
        _whole(row, "repetition_index", where, 0) if "repetition_index" in row else len(cell.samples), time_ns,
        operations or 1e9 / time_ns, floor_ns=floor_ns, x_floor=x_floor, floor=_optional_name(row, "floor", where),
        unsettled=_optional_flag(row, "unsettled", where), team_class=_optional_name(row, "class", where),
        **{name: _optional(row, name, where) for name in plain}))
    for trait in ("oversubscribed", "isolated", "loses_updates", "tears"):
        setattr(cell, trait, getattr(cell, trait) or bool(row.get(trait)))


def key_of(name: str) -> Key | None:
    """contract/workload/mechanism/bytes:64/procs:2[/axis:value...] taken apart; None for any other name."""
    parts = name.split("/")
    if len(parts) < 5 or not all(part.isprintable() and 0 < len(part) <= _LONGEST_NAME for part in parts):
        return None
    axes = [part.partition(":")[::2] for part in parts[3:]]
    if [axis for axis, _ in axes[:2]] != ["bytes", "procs"] or not all(value.isdecimal() for _, value in axes[:2]):
        return None
    return Key(parts[0], parts[1], parts[2], int(axes[0][1]), max(1, int(axes[1][1])), tuple(axes[2:]))


def _add_absence(cells: dict[str, Cell], results: Results, kind: str, entry: Any, where: str) -> None:
    if not isinstance(entry, dict):
        raise BadInput(f"{where}: not an object: {_ADVICE}")
    name, reason = _text(entry, "name", where), _text(entry, "reason", where)
    number = _whole(entry, "round", where, 0) if kind == "failures" and "round" in entry else None
    key = cells[name].key if name in cells else key_of(name)
    if key is None:
        results.notes.append((name, number, reason))
        return
    cell = cells.setdefault(name, Cell(name, key))
    if kind == "failures":
        cell.failures.append((0 if number is None else number, reason))
    else:
        cell.skipped = reason


def _spread_traits(cells: dict[str, Cell]) -> None:
    """A cell without samples has what the other cells of its mechanism say, and its process count's regime."""
    over = {c.key.procs for c in cells.values() if c.oversubscribed}
    kin: dict[tuple[str, ...], Cell] = {}
    for cell in cells.values():
        if cell.samples:
            sample = cell.samples[0]
            if sample.bytes_per_second:
                cell.moved = float(round(sample.bytes_per_second / sample.operations_per_second))
            for place in (cell.key.mechanism, cell.key.workload + "/" + cell.key.mechanism):
                kin.setdefault((cell.key.contract, place), cell)
    for cell in cells.values():
        if not cell.samples:
            cell.oversubscribed = cell.key.procs in over
            contract, mechanism = cell.key.contract, cell.key.mechanism
            like = kin.get((contract, cell.key.workload + "/" + mechanism)) or kin.get((contract, mechanism))
            if like:
                cell.isolated, cell.loses_updates, cell.tears = like.isolated, like.loses_updates, like.tears
                same = like.key.workload == cell.key.workload and like.moved != like.key.bytes
                cell.moved = like.moved if same else None
