"""The command line: arguments, the order of charts, and files that appear whole or not at all."""
from __future__ import annotations

import argparse
import logging
import os
import re
import shutil
import signal
import sys
import warnings
from collections.abc import Callable
from pathlib import Path

logging.getLogger("matplotlib").setLevel(logging.ERROR)  # a home that cannot be written is no news to the user

from . import curves, distance, globals, page, price, shmoo, style  # noqa: E402
from .reading import BadInput, Results, read  # noqa: E402
from .sheet import Chart, save  # noqa: E402
from .style import Looks  # noqa: E402

CHARTS: tuple[Callable[[Results, Looks], list[Chart]], ...] = (
    shmoo.overview, shmoo.contract_maps, distance.to_the_floor, globals.fork, globals.first_write, price.price,
    curves.by_size, curves.by_procs, curves.by_load)
"""All charts, in the order in which the page shows them within a contract."""


class CannotWrite(Exception):
    """The folder for the charts cannot be used; the text says why, in one line."""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:
        self.exit(2, f"plot: {message}; usage: plot.py RESULTS.json [--out DIR]\n")


def run(arguments: list[str]) -> int:
    """Draws what the arguments say. Returns the exit code: 0, or 2 with one line on stderr."""
    parser = _Parser(prog="plot.py", description="Draw a results file of shmoo: charts (SVG and PNG) and index.html.")
    parser.add_argument("results", metavar="RESULTS.json", help="file that 'shmoo run --out' wrote")
    parser.add_argument("--out", metavar="DIR", help="folder for the charts (default: RESULTS-charts beside the file)")
    options = parser.parse_args(arguments)
    warnings.filterwarnings("ignore", category=UserWarning)  # characters that the font lacks
    try:
        results = read(options.results)
        out = Path(options.out) if options.out else results.path.parent / f"{results.path.stem}-charts"
        count = draw(results, out)
    except (BadInput, CannotWrite) as error:
        print("plot: " + " ".join(str(error).split()), file=sys.stderr)
        return 2
    print(f"{count} charts of {len(results.cells)} cells: {out / 'index.html'}")
    return 0


def draw(results: Results, out: Path) -> int:
    """Draws all charts and the page into `out`. Files appear there only when all are drawn, the page last; on any error or
    interruption the folder is as it was before. Returns the number of charts. Raises CannotWrite."""
    made: list[Path] = []
    partial = out / f".partial-{os.getpid()}"
    try:
        _make(out, made)
        _remove_abandoned(out)
        partial.mkdir()
        charts = _fill(results, partial)
        _publish(partial, out)
    except OSError as error:
        _undo(partial, made)
        reason = f"cannot be written ({error.strerror or error}): choose another folder with --out"
        raise CannotWrite(f"{error.filename or out}: {reason}") from None
    except BaseException:
        _undo(partial, made)
        raise
    return len(charts)


def _fill(results: Results, folder: Path) -> list[Chart]:
    style.apply()
    looks = Looks(results.cells)
    charts = []
    for chart in (chart for function in CHARTS for chart in function(results, looks)):
        save(chart, folder)
        charts.append(chart)
    (folder / "index.html").write_text(page.render(results, looks, charts), encoding="utf-8")
    return charts


def _make(folder: Path, made: list[Path]) -> None:
    """Makes the folder and those above it; `made` tells which, outermost first."""
    missing = [p for p in (folder, *folder.parents) if not p.exists()]
    for path in reversed(missing):
        path.mkdir()
        made.append(path)
    if not folder.is_dir():
        raise NotADirectoryError(20, "is not a folder", str(folder))


def _undo(partial: Path, made: list[Path]) -> None:
    shutil.rmtree(partial, ignore_errors=True)
    for path in reversed(made):
        try:
            path.rmdir()
        except OSError:
            break


def _remove_abandoned(out: Path) -> None:
    """What a run that was killed left behind."""
    for path in out.glob(".partial-*"):
        owner = path.name.rpartition("-")[2]
        if owner.isdecimal() and not Path(f"/proc/{owner}").exists():
            shutil.rmtree(path, ignore_errors=True)


def _publish(partial: Path, out: Path) -> None:
    """Moves all files into place, the page last, and removes charts that only the page before this one referred to."""
    before = _referred(out / "index.html")
    names = sorted(os.listdir(partial), key=lambda name: (name == "index.html", name))
    handlers = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        for name in names:
            os.replace(partial / name, out / name)
        for name in before - set(names):
            (out / name).unlink(missing_ok=True)
        partial.rmdir()
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)


def _referred(index: Path) -> set[str]:
    """The charts of a page that this program wrote."""
    try:
        text = index.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return set()
    if '<meta name="generator" content="shmoo plot">' not in text:
        return set()
    return set(re.findall(r'href="([A-Za-z0-9_.-]+\.(?:svg|png))"', text))
