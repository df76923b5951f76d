"""How things look: one colour and marker per mechanism in every chart, one hue per family of mechanisms.

Kernel-backed mechanisms are blue, locks red to yellow, lock-free ones green, servers purple, what is not really shared
grey. A search chose the colours so that any two mechanisms of one contract stay apart (at least 0.07 in OKLab) in normal
sight and in protanopia, deuteranopia and tritanopia as simulated with the matrices of Machado, Oliveira and Fernandes
(2009); tests/plots holds them to that. Markers differ within a family of a contract, so that no line is known by its
colour alone.
"""
from __future__ import annotations

from dataclasses import dataclass

import matplotlib

from .reading import Cell, Series

INK = "#1f2328"
SOFT = "#5a626b"      # secondary text
FRAME = "#9aa1a9"
GRID = "#e6e9ec"
SHADE = "#f6f1e6"      # the regime of more processes than CPUs
SHADE_INK = "#846425"
FAIL = "#c40020"
FLOOR = "#59616a"      # the limit that hardware and kernel set
FLOOR_DASHES = (0, (4, 2.2))

FAMILIES = ("kernel-backed", "locks", "lock-free", "server", "not shared or unguarded", "others")


@dataclass(frozen=True)
class Look:
    colour: str
    marker: str
    family: str

    @property
    def marker_size(self) -> float:
        """Points; the shapes look equally large."""
        if self.marker == "*":
            return 8.0
        return 5.6 if self.marker in "PX^v<>" else 5.0 if self.marker in "phH8" else 4.4


_LOOKS: dict[str, Look] = {
    "pipe": Look("#4f93f0", "o", "kernel-backed"),
    "feeder": Look("#7562ee", "s", "kernel-backed"),
    "socket_stream": Look("#2a42cd", "^", "kernel-backed"),
    "seqpacket": Look("#343a69", "v", "kernel-backed"),
    "posix_mq": Look("#68d4f4", "D", "kernel-backed"),
    "mutex": Look("#e0561f", "o", "locks"),
    "robust": Look("#6c1933", "s", "locks"),
    "futex": Look("#8e3f01", "^", "locks"),
    "spin": Look("#f3b41a", "v", "locks"),
    "semaphore": Look("#b9a31f", "D", "locks"),
    "boost": Look("#e17b91", "p", "locks"),
    "striped": Look("#d5ab4f", "h", "locks"),
    "locked_ring": Look("#920d12", "p", "locks"),
    "boost_mq": Look("#ea969b", "h", "locks"),
    "atomic": Look("#2c7a75", "P", "lock-free"),
    "sharded": Look("#73df88", "*", "lock-free"),
    "seqlock": Look("#2d9c63", "X", "lock-free"),
    "spsc_ring": Look("#0f8a3c", "P", "lock-free"),
    "mpmc_ring": Look("#a7d365", "X", "lock-free"),
    "manager": Look("#6a1b9a", "<", "server"),
    "manager_shm": Look("#7b55a6", ">", "server"),
    "manager_tcp": Look("#bd65b8", "8", "server"),
    "redis": Look("#b45618", "H", "server"),
    "python_manager": Look("#43c0ff", "d", "server"),
    "private": Look("#50545b", "o", "not shared or unguarded"),
    "raw": Look("#b4b8be", "d", "not shared or unguarded"),
}

# For mechanisms that are not in the table (peers, a newcomer's): taken in alphabetical order of the names in a file.
_SPARE = tuple((colour, marker) for marker in ("$\\circ$", "$\\ast$", "$\\star$", "$\\bullet$") for colour in
               ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00", "#000000", "#8c6d31"))

DASHES: tuple[object, ...] = ("-", (0, (5, 2)), (0, (1.2, 1.6)), (0, (5, 1.5, 1.2, 1.5)), (0, (8, 2, 2, 2)))
"""Line styles: the first for a mechanism as it is, the others for its variants in order of appearance."""


class Looks:
    """The looks of all mechanisms of one file. The same name looks the same in every chart and every file."""

    def __init__(self, cells: list[Cell]) -> None:
        self._looks = dict(_LOOKS)
        unknown = sorted({cell.key.mechanism for cell in cells} - set(_LOOKS))
        for number, mechanism in enumerate(unknown):
            self._looks[mechanism] = Look(*_SPARE[number % len(_SPARE)], "others")
        self._dashes: dict[tuple[tuple[str, str], ...], object] = {(): DASHES[0]}
        for cell in cells:
            if cell.key.variant not in self._dashes:
                self._dashes[cell.key.variant] = DASHES[1 + (len(self._dashes) - 1) % (len(DASHES) - 1)]

    def __getitem__(self, mechanism: str) -> Look:
        return self._looks[mechanism]

    @property
    def names(self) -> list[str]:
        """All mechanisms known here, in display order."""
        return list(self._looks)

    def dashes(self, series: Series) -> object:
        return self._dashes[series.variant]

    def order(self, series: Series) -> tuple[int, int, str]:
        """For sorting: families together, then as in the table."""
        return (FAMILIES.index(self[series.mechanism].family), self.names.index(series.mechanism), series.label)


def _linear(colour: str) -> tuple[float, ...]:
    channels = (int(colour[i:i + 2], 16) / 255 for i in (1, 3, 5))
    return tuple(c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055)**2.4 for c in channels)


def luminance(colour: str) -> float:
    """Relative luminance, 0 (black) to 1 (white), as WCAG defines it."""
    red, green, blue = _linear(colour)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def ink_on(colour: str) -> str:
    """Black or white, whichever is easier to read on this colour."""
    return INK if luminance(colour) > 0.22 else "#ffffff"


def mix(colour: str, share: float, other: str = "#ffffff") -> str:
    """`share` of the colour, the rest of the other."""
    parts = [(int(colour[i:i + 2], 16), int(other[i:i + 2], 16)) for i in (1, 3, 5)]
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in parts)


def readable(colour: str) -> str:
    """The colour, darkened until it can be read as small text on white (contrast of at least 4.5)."""
    while 1.05 / (luminance(colour) + 0.05) < 4.5:
        colour = mix(colour, 0.92, "#000000")
    return colour


def apply() -> None:
    """Sets Matplotlib's defaults for all charts, whatever the user's own settings are."""
    matplotlib.rcdefaults()
    matplotlib.use("Agg")
    matplotlib.rcParams.update({
        "font.family": "DejaVu Sans",
        "font.size": 8,
        "text.color": INK,
        "svg.fonttype": "path",
        "svg.hashsalt": "shmoo",
        "path.simplify": False,
    })
