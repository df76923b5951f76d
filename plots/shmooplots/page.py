"""index.html: all charts and a table of all cells, in one page that needs nothing but the files beside it."""
from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from . import units, words
from .reading import Cell, Results, spread
from .sheet import Chart
from .style import Looks


def render(results: Results, looks: Looks, charts: list[Chart]) -> str:
    """The page; it refers to <stem>.svg and <stem>.png of each chart."""
    here = Path(__file__).parent
    source = [escape(results.machine_line), escape(results.run_line),
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
    failures = _failures(results)
    skips = _skips(results)
    links += ['<a href="#failures">failures</a>'] if failures else []
    links += ['<a href="#skipped">skipped</a>'] if skips else []
    parts.append(f"<nav>{''.join(links)}</nav>")
    parts += [_figure(chart) for chart in charts if not chart.contract]
    for contract in headings:
        parts.append(f'<h2 id="{escape(contract)}">{escape(contract)}</h2>')
        parts += [_figure(chart) for chart in charts if chart.contract == contract]
    parts += _cells(results, looks)
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


def _cells(results: Results, looks: Looks) -> list[str]:
    names = [(c, w) for c in words.contracts(results.cells) for w in words.workloads(results.cells, c)]
    order = {name: place for place, name in enumerate(names)}

    def place(cell: Cell) -> tuple[object, ...]:
        key = cell.key
        return order[key.contract, key.workload], looks.order(key.series), key.bytes, key.procs

    cells = sorted((c for c in results.cells if c.samples or c.failures), key=place)
    range_of = "lowest to highest" if results.rounds < 5 else "the middle half"
    return ['<h2 id="cells">All cells</h2>',
            "<p>Medians over the rounds. Time is that of all processes together per operation; range is "
            f"{range_of} over the rounds relative to the median; CPU, context switches and page faults are those of all "
            "processes per operation; least share is the slowest member's rate over the mean rate (1 = fair). Marked &gt;: "
            "more processes than CPUs. In brackets: does not compete, for nothing is shared, updates may be lost or half of a "
            "write may be seen.</p>",
            _table("all", _COLUMNS, [_row(cell, looks) for cell in cells])]


def _row(cell: Cell, looks: Looks) -> list[Entry]:
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
    if cell.samples:
        middle = cell.median("time_ns") or 1.0
        low, high = (value / middle - 1 for value in spread(cell.times))
        wide = (f"{low:+.0%} {high:+.0%}", high - low) if len(cell.samples) > 1 else ("", "")
        row += [(units.time(middle), middle), wide]
    else:
        row += [("failed", ""), ("", "")]
    row += [optional("operations_per_second", units.rate), optional("bytes_per_second", units.byte_rate),
            optional("cpu_ns", units.time), optional("switches", units.digits), optional("faults", units.digits),
            optional("least_share", lambda share: f"{share:.2f}"), (str(len(cell.samples)), None)]
    row.append((f"<span class=bad>{len(cell.failures)}</span>" if cell.failures else "", float(len(cell.failures))))
    return row


def _failures(results: Results) -> list[list[Entry]]:
    entries = [(cell.name, number + 1, reason) for cell in results.cells for number, reason in cell.failures]
    entries += [(name, number + 1, reason) for name, number, reason in results.notes if number is not None]
    return [[(escape(name), None), (str(number), float(number)), (escape(reason), None)]
            for name, number, reason in sorted(entries)]


def _skips(results: Results) -> list[list[Entry]]:
    entries = [(cell.name, cell.skipped) for cell in results.cells if cell.skipped]
    entries += [(name, reason) for name, number, reason in results.notes if number is None]
    return [[(escape(name), None), (escape(reason), None)] for name, reason in sorted(entries)]
