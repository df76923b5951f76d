"""index.html: all charts and a table of all cells, in one page that needs nothing but the files beside it."""
from __future__ import annotations

from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

from . import classes, units, words
from .reading import FLOOR, Cell, Results, median, spread
from .sheet import Chart
from .style import Looks


def render(results: Results, looks: Looks, charts: list[Chart]) -> str:
    """The page; it refers to <stem>.svg and <stem>.png of each chart."""
    here = Path(__file__).parent
    source = [escape(results.machine_line), escape(results.run_line(bars=False)),
              f"from {escape(results.path.name)}: {_counts(results)}"]
    parts = [
        "<!doctype html>",
        '<html lang="en">',
        "<head>",
        '<meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta name="generator" content="shmoo plot">',
        f"<title>shmoo: {escape(results.machine_line)}</title>",
        f"<style>\n{(here / 'page.css').read_text(encoding='utf-8')}</style>",
        "</head>",
        "<body>",
        "<h1>Which way should these processes share their data?</h1>",
        f'<p class="source">{"<br>".join(source)}</p>',
    ]
    parts += _warnings(results)
    headings = [c for c in words.contracts(results.cells) if any(chart.contract == c for chart in charts)]
    links = [f'<a href="#{escape(c)}">{escape(c)}</a>' for c in headings]
    links.append('<a href="#cells">all cells</a>')
    links += ['<a href="#floors">floors</a>'] if results.floors else []
    failures = _failures(results)
    skips = _skips(results)
    links += ['<a href="#failures">failures</a>'] if failures else []
    links += ['<a href="#skipped">skipped</a>'] if skips else []
    parts.append(f"<nav>{''.join(links)}</nav>")
    parts += [_figure(chart) for chart in charts if not chart.contract]
    parts += _classes(results)
    for contract in headings:
        parts.append(f'<h2 id="{escape(contract)}">{escape(contract)}</h2>')
        parts += [_figure(chart) for chart in charts if chart.contract == contract]
    parts += _cells(results, looks)
    parts += _floors(results)
    if failures:
        parts += ['<h2 id="failures">Failures</h2>',
                  "<p>Launches that died, exceeded their deadline or did not prove their result. They have no time.</p>",
                  _table("failed", [("cell", True), ("round", False), ("reason", True)], failures)]
    if skips:
        parts += ['<h2 id="skipped">Skipped</h2>', "<p>Cells that their mechanism cannot do.</p>",
                  _table("left-out", [("cell", True), ("reason", True)], skips)]
    parts += [f"<script>\n{(here / 'page.js').read_text(encoding='utf-8')}</script>", "</body>", "</html>", ""]
    return "\n".join(parts)


def _counts(results: Results) -> str:
    measured = sum(1 for cell in results.cells if cell.samples)
    samples = sum(len(cell.samples) for cell in results.cells)
    failed = sum(len(cell.failures) for cell in results.cells)
    skipped = sum(1 for cell in results.cells if cell.skipped)
    return f"{samples:,} samples of {measured:,} cells, {failed:,} failed launches, {skipped:,} cells skipped"


def _warnings(results: Results) -> list[str]:
    warnings = results.context.get("warnings")
    if not isinstance(warnings, list) or not warnings:
        return []
    lines = []
    for warning in warnings:
        if isinstance(warning, dict):
            told = [str(warning[key]) for key in ("what", "means", "type") if warning.get(key)]
            advice = f" <code>{escape(told[2])}</code>" if told[2:] else ""
            lines.append(f"<li>{escape(': '.join(told[:2]))}{advice}</li>")
        else:
            lines.append(f"<li>{escape(str(warning))}</li>")
    return [f"<details><summary>{len(lines)} warnings about the machine</summary><ul>{''.join(lines)}</ul></details>"]


def _figure(chart: Chart) -> str:
    width, height = (round(inches * 100) for inches in chart.figure.get_size_inches())
    told = f"{chart.title}. {chart.alternative}" if chart.alternative else chart.title
    narrow = ' class="narrow"' if width < 900 else ""
    return (f'<figure{narrow}><a href="{chart.stem}.svg"><img src="{chart.stem}.svg" width="{width}" height="{height}" '
            f'loading="lazy" alt="{escape(told)}"></a><figcaption>{escape(chart.title)} · <a href="{chart.stem}.svg">SVG</a> · '
            f'<a href="{chart.stem}.png">PNG</a></figcaption></figure>')


Entry = tuple[str, Any]  # what is shown, as HTML; what it is sorted by (None: as shown)


def _table(name: str, columns: list[tuple[str, bool]], rows: list[list[Entry]]) -> str:
    """A table that can be sorted and filtered; `columns`: heading, and whether it holds text."""
    head = "".join(f'<th{" class=t" if text else ""}><button type="button">{title}</button></th>'
                   for title, text in columns)
    body = []
    for row in rows:
        entries = []
        for (shown, key), (title, text) in zip(row, columns):
            style = f' class={"w" if title == "reason" else "t"}' if text else ""
            value = "" if key is None else f' data-v="{escape(f"{key:.6g}" if isinstance(key, float) else str(key))}"'
            entries.append(f"<td{style}{value}>{shown}</td>")
        body.append(f"<tr>{''.join(entries)}</tr>")
    return (f'<input type="search" data-table="{name}" placeholder="filter, e.g. queue stream" aria-label="filter">'
            f'<div class="scroll"><table class="sortable" id="{name}"><thead><tr>{head}</tr></thead>\n<tbody>' +
            "\n".join(body) + "</tbody></table></div>")


_COLUMNS = [("work", True), ("mechanism", True), ("size", False), ("processes", False), ("time", False), ("range", False),
            ("operations", False), ("throughput", False), ("CPU", False), ("switches", False), ("faults", False),
            ("least share", False), ("rounds", False), ("failed", False)]
LEAST_X_FLOOR = 0.95
"""Whoever shares and takes less than this share of its floor shows that the floor was read too high."""
_CLASS_COLUMN, _FLOOR_COLUMNS = ("class", True), [("× floor", False), ("unsettled", False)]


def _classes(results: Results) -> list[str]:
    """Where the processes sat: how many samples fell in which class, how that was found, and whether the CPUs were awake."""
    counts = results.classes
    told = results.context.get("classes")
    told = told if isinstance(told, dict) else {}
    parts = []
    if counts:
        total = sum(counts.values())
        rows = "".join(f"<tr><td class=t>{escape(name or 'unknown')}</td><td class=t>{escape(words.team_class(name))}</td>"
                       f"<td>{counts[name]:,}</td><td>{units.percent(counts[name] / total)}</td></tr>"
                       for name in sorted(counts, key=classes.order))
        parts += ['<h2 id="classes">Where the processes sat</h2>',
                  "<p>Samples of several processes by the class of their CPUs. The same work takes several times longer in a "
                  "farther class, so no median mixes two of them: each chart keeps to the class with most of its samples and "
                  "says so; the table of all cells has a row for each.</p>",
                  f'<table class="few"><thead><tr><th class=t>class</th><th class=t>CPUs of the team</th><th>samples</th>'
                  f"<th>share</th></tr></thead><tbody>{rows}</tbody></table>"]
        how = {"topology": "The machine tells where its CPUs are.",
               "probes": "The machine hides its topology: the classes are clusters of the cache-line round trips of this run."}
        lines = [how[told["source"]]] if told.get("source") in ("topology", "probes") else []
        thresholds = told.get("thresholds")
        if isinstance(thresholds, dict):
            limits = [f"{name} below {units.time(value)}" for name, value in thresholds.items()
                      if isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value < 1e300]
            lines += [f"Thresholds of the round trip: {', '.join(limits)}."] if limits else []
        parts += [f"<p>{escape(' '.join(lines))}</p>"] if lines else []
    floors = [(cell, s) for cell in results.cells for s in cell.samples if s.floor_ns]
    if floors:
        def counted(number: int) -> str:
            return f"{number:,} ({units.percent(number / len(floors))})"

        unsettled = counted(sum(1 for _, s in floors if s.unsettled))
        beaten = counted(sum(1 for cell, s in floors if cell.competes and s.x_floor and s.x_floor < LEAST_X_FLOOR))
        parts.append(f"<p>Of {len(floors):,} samples with a floor, {unsettled} are unsettled: the floor changed by more than a "
                     f"quarter during the launch; {beaten} took less than {LEAST_X_FLOOR} of it and yet share.</p>")
    run = results.context.get("run")
    awake = run.get("awake") if isinstance(run, dict) else None
    if isinstance(awake, bool):
        parts.append("<p>Companions kept the CPUs awake between operations.</p>" if awake else
                     "<p>No companions: idle CPUs were free to halt, so wake-ups cost more.</p>")
    return parts


def _by_class(cell: Cell) -> list[Cell]:
    """The cell once for each class that it has samples of, nearest first."""
    found = sorted({sample.team_class for sample in cell.samples}, key=classes.order)
    if len(found) < 2:
        return [cell]
    return [replace(cell, samples=[s for s in cell.samples if s.team_class == name], failures=[] if place else cell.failures)
            for place, name in enumerate(found)]


def _cells(results: Results, looks: Looks) -> list[str]:
    names = [(c, w) for c in words.contracts(results.cells) for w in words.workloads(results.cells, c)]
    order = {name: place for place, name in enumerate(names)}

    def place(cell: Cell) -> tuple[object, ...]:
        key = cell.key
        return order[key.contract, key.workload], looks.order(key.series), key.bytes, key.procs

    cells = sorted((c for c in results.cells if c.samples or c.failures), key=place)
    has_class = bool(results.classes)
    has_floor = any(s.x_floor for c in cells for s in c.samples)
    range_of = "lowest to highest" if results.rounds < 5 else "the middle half"
    text = ("<p>Medians over the rounds. Time is that of all processes together per operation; range is "
            f"{range_of} over the rounds relative to the median; CPU, context switches and page faults are those of all "
            "processes per operation; least share is the slowest member's rate over the mean rate (1 = fair). Marked &gt;: "
            "more processes than CPUs. In brackets: does not compete, for nothing is shared, updates may be lost or half of a "
            "write may be seen.")
    if has_class:
        text += " A cell whose samples are of several classes has a row for each; rounds then says how many of all."
    if has_floor:
        text += (" × floor is the time over the least that hardware and kernel allow for the same work (point at it for that "
                 "time); unsettled is the share of the launches during which that changed by more than a quarter.")
    columns = _COLUMNS[:4] + [_CLASS_COLUMN] * has_class + _COLUMNS[4:6] + _FLOOR_COLUMNS * has_floor + _COLUMNS[6:]
    rows = [_row(part, looks, len(cell.samples), has_class, has_floor) for cell in cells for part in _by_class(cell)]
    return ['<h2 id="cells">All cells</h2>', text + "</p>", _table("all", columns, rows)]


def _row(cell: Cell, looks: Looks, rounds: int, has_class: bool, has_floor: bool) -> list[Entry]:
    """A row of the table; `rounds`: samples of the cell in all classes."""
    def optional(quantity: str, write: Any) -> Entry:
        value = cell.median(quantity)
        return ("", "") if value is None else (write(value), float(value))

    key = cell.key
    label = escape(key.series.label)
    swatch = f'<i class=c style="background:{looks[key.mechanism].colour}"></i>'
    row: list[Entry] = [
        (f"{escape(key.contract)}/{escape(key.workload)}", None),
        (swatch + (label if cell.competes else f"({label})"), key.series.label),
        (units.nbytes(key.bytes), float(key.bytes)),
        (f"{'&gt; ' if cell.oversubscribed else ''}{key.procs}", float(key.procs)),
    ]
    if has_class:
        row.append((escape(cell.samples[0].team_class or "" if cell.samples else ""), None))
    row += _time(cell)
    if has_floor:
        row += _over_floor(cell)
    row += [optional("operations_per_second", units.rate), optional("bytes_per_second", units.byte_rate),
            optional("cpu_ns", units.time), optional("switches", units.digits), optional("faults", units.digits),
            optional("least_share", lambda share: f"{share:.2f}")]
    count = len(cell.samples)
    row.append((str(count), None) if count == rounds else (f"{count} of {rounds}", float(count)))
    row.append((f"<span class=bad>{len(cell.failures)}</span>" if cell.failures else "", float(len(cell.failures))))
    return row


def _time(cell: Cell) -> list[Entry]:
    """Median and range."""
    if not cell.samples:
        return [("failed", ""), ("", "")]
    middle = median(cell.times)
    low, high = (value / middle - 1 for value in spread(cell.times))
    wide = (f"{low:+.0%} {high:+.0%}", high - low) if len(cell.samples) > 1 else ("", "")
    return [(units.time(middle), middle), wide]


def _over_floor(cell: Cell) -> list[Entry]:
    """How many times the floor, with the floor as a tooltip, and the share of unsettled samples."""
    ratio, floor = cell.median("x_floor"), cell.median("floor_ns")
    if ratio is None:
        return [("", ""), ("", "")]
    probes = " or ".join(dict.fromkeys(words.probe(s.floor) for s in cell.samples if s.floor))
    tip = ("floor" + (f" {units.time(floor)}" if floor else "") + (f": {probes}" if probes else ""))
    told = [s.unsettled for s in cell.samples if s.unsettled is not None]
    share = sum(told) / len(told) if told else None
    return [(f'<span title="{escape(tip)}">{units.factor(ratio)}</span>', ratio),
            ("", "") if share is None else (units.percent(share) if share else "", share)]


def _floors(results: Results) -> list[str]:
    """The probes that the run measured like cells."""
    cells = sorted((c for c in results.floors if c.samples), key=lambda c: (c.key.workload, c.key.bytes, c.key.procs, c.name))
    if not cells:
        return []
    rows = []
    for part in (part for cell in cells for part in _by_class(cell)):
        key = part.key
        settings = ", ".join(f"{axis}:{value}" for axis, value in key.variant)
        rows.append([(escape(key.workload) + (f", {escape(settings)}" if settings else ""), None),
                     (escape(words.probe(key.workload)), None), (units.nbytes(key.bytes), float(key.bytes)),
                     (str(key.procs), float(key.procs)), (escape(part.samples[0].team_class or ""), None), *_time(part),
                     (str(len(part.samples)), None)])
    columns = [("floor", True), ("time of", True), ("size", False), ("processes", False), ("class", True), ("time", False),
               ("range", False), ("rounds", False)]
    return ['<h2 id="floors">Floors</h2>',
            "<p>What hardware and kernel allow here, measured like cells; they are never ranked.</p>", _table(FLOOR, columns, rows)]


def _failures(results: Results) -> list[list[Entry]]:
    entries = [(cell.name, number + 1, reason) for cell in results.cells + results.floors for number, reason in cell.failures]
    entries += [(name, number + 1, reason) for name, number, reason in results.notes if number is not None]
    return [[(escape(name), None), (str(number), float(number)), (escape(reason), None)]
            for name, number, reason in sorted(entries)]


def _skips(results: Results) -> list[list[Entry]]:
    entries = [(cell.name, cell.skipped) for cell in results.cells + results.floors if cell.skipped]
    entries += [(name, reason) for name, number, reason in results.notes if number is None]
    return [[(escape(name), None), (escape(reason), None)] for name, reason in sorted(entries)]
