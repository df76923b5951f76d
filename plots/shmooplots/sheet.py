"""A figure laid out in inches: title and what better is at the top, the body, then notes, machine and date.

All is drawn on one canvas whose coordinates are inches from the body's top left corner, y downwards. Matplotlib's own axes,
with ticks and labels as objects of their own, would take ten times as long for the same picture.
"""
from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from matplotlib.collections import LineCollection, PolyCollection
from matplotlib.figure import Figure

from . import style
from .reading import Results

MARGIN = 0.24
_TITLE, _SUBTITLE, _NOTE = 14.0, 9.5, 7.5  # points

Point = tuple[float, float]


def stem(*parts: str) -> str:
    """A file name without its ending, from names that may hold anything."""
    return re.sub(r"[^A-Za-z0-9-]+", "_", "_".join(parts)).strip("_") or "chart"


@dataclass
class Chart:
    """A finished figure and where it goes."""
    stem: str
    """File name without its ending; stable, for README and links refer to it."""
    figure: Figure
    title: str
    contract: str
    """Under which heading it stands on the page; "" for all contracts together."""
    alternative: str = ""
    """What the picture says, for those who do not see it."""


def text_width(text: str, points: float, bold: bool = False) -> float:
    """About how wide a text is in DejaVu Sans, in inches."""
    narrow = sum(text.count(letter) for letter in "iljtfr.,:'|()[] ")
    return (len(text) * 0.63 - narrow * 0.24) * points / 72 * (1.12 if bold else 1.0)


def wrap(text: str, points: float, width: float) -> list[str]:
    """The text in lines of at most `width` inches."""
    return textwrap.wrap(text, max(12, int(width / (points * 0.515 / 72))), break_long_words=False) or [""]


class Sheet:
    """Grows with its contents: the body is `body` inches high, header and footer come on top of it. `bars`: whether bars in it
    show the spread over rounds."""

    def __init__(self, results: Results, width: float, body: float, title: str, subtitle: str,
                 notes: list[str] | None = None, bars: bool = True) -> None:
        usable = width - 2 * MARGIN
        title_points = min(_TITLE, _TITLE * usable / text_width(title, _TITLE, bold=True))
        subtitles = wrap(subtitle, _SUBTITLE, usable)
        lines = [line for note in notes or [] for line in wrap(note, _NOTE, usable)]
        source = wrap(f"{results.machine_line} · {results.run_line(bars)}", _NOTE, usable)
        header = MARGIN + 0.27 + 0.175 * len(subtitles) + 0.14
        footer = 0.13 * (len(lines) + len(source)) + 0.16 + (0.05 if lines else 0)
        self.width, self.body = width, body
        self.figure = Figure(figsize=(width, header + body + footer), facecolor="white")
        self.canvas = self.figure.add_axes((0, 0, 1, 1))
        self.canvas.set_axis_off()
        self.canvas.set_xlim(0, width)
        self.canvas.set_ylim(body + footer, -header)

        self.text(MARGIN, MARGIN - header, title, title_points, va="top", weight="bold")
        for number, line in enumerate(subtitles):
            self.text(MARGIN, MARGIN - header + 0.27 + 0.175 * number, line, _SUBTITLE, va="top", color=style.SOFT)
        at = body + 0.02
        for line in lines:
            self.text(MARGIN, at, line, _NOTE, va="top")
            at += 0.13
        at += 0.05 if lines else 0
        for line in source:
            self.text(MARGIN, at, line, _NOTE, va="top", color=style.SOFT)
            at += 0.13

    def text(self, x: float, y: float, text: str, points: float, **how: object) -> None:
        how = {"va": "center", "ha": "left", "color": style.INK, **how}
        self.canvas.text(x, y, text.replace("$", r"\$"), fontsize=points, **how)

    def lines(self, paths: list[list[Point]], colours: object, width: float, zorder: float = 1.0, alpha: float = 1.0,
              dashes: object = "-") -> None:
        """Polylines, each in its colour (or all in one); width in points."""
        if paths:
            self.canvas.add_collection(LineCollection(paths, colors=colours, linewidths=width, zorder=zorder, alpha=alpha,
                                                      linestyles=[dashes], clip_on=False), autolim=False)

    def areas(self, polygons: list[list[Point]], colours: object, zorder: float = 0.0, edge: str = "none",
              hatch: str | None = None) -> None:
        """Filled polygons, each in its colour (or all in one)."""
        if polygons:
            self.canvas.add_collection(PolyCollection(polygons, facecolors=colours, edgecolors=edge,
                                                      linewidths=0, zorder=zorder, hatch=hatch, clip_on=False),
                                       autolim=False)

    def points(self, at: list[Point], **how: object) -> None:
        """A line or markers through points; a point of NaNs interrupts the line."""
        if at:
            self.canvas.plot([x for x, _ in at], [y for _, y in at], clip_on=False, scalex=False, scaley=False, **how)


def box(x: float, y: float, width: float, height: float) -> list[Point]:
    return [(x, y), (x + width, y), (x + width, y + height), (x, y + height)]


def save(chart: Chart, folder: Path) -> None:
    """Writes the chart as SVG and PNG into the folder."""
    chart.figure.savefig(folder / f"{chart.stem}.svg", format="svg", metadata={"Date": None, "Title": chart.title})
    chart.figure.savefig(folder / f"{chart.stem}.png", format="png", dpi=130, pil_kwargs={"compress_level": 4})
