#!/usr/bin/env python3
"""How well two runs of the same build agree, with and without classes and floors.

    bench/figures/two_runs.py SHMOO [CELLS] [ROUNDS]

Runs `SHMOO run` twice over CELLS (40) cells spread over all contracts, ROUNDS (9) rounds each, and prints, per way of comparing, the
median over cells of the ratio of their medians and the range that holds 90 % of the cells. Three ways: times as they are; times
within a class (the cell's commonest class in both runs, at least three samples each); and, also within a class, the distance to the
floor, for the cells that have one and apart for those whose floor is between CPUs and so changes with the host's mood.
"""
import collections
import json
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

BETWEEN_CPUS = ("cache_line", "block_stream", "fetch_add")


def chosen(shmoo: str, count: int) -> list[str]:
    """Names of `count` cells, taken evenly from the quick cells of each contract."""
    listed = json.loads(subprocess.run([shmoo, "list", "--json"], capture_output=True, check=True).stdout)
    by_contract = collections.defaultdict(list)
    for cell in listed:
        if "skipped" not in cell and cell["profile"] == "quick" and cell["contract"] != "floor":
            by_contract[cell["contract"]].append(cell["name"])
    names = []
    for position, cells in enumerate(by_contract.values()):
        share = (count - len(names)) // (len(by_contract) - position)
        step = max(1, len(cells) // share)
        names += cells[step // 2::step][:share]
    return names


def run(shmoo: str, cells: list[str], rounds: int, out: pathlib.Path) -> list[dict]:
    pattern = "^(" + "|".join(re.escape(name) for name in cells) + ")$"
    subprocess.run([shmoo, "run", "--filter", pattern, "--rounds", str(rounds), "--out", str(out)],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    return json.loads(out.read_text())["benchmarks"]


def medians(rows: list[dict], value) -> dict:
    """{(name, class or None): (median, samples)} of value(row) where that is not None."""
    found = collections.defaultdict(list)
    for row in rows:
        key, figure = value(row)
        if figure is not None:
            found[row["name"], key].append(figure)
    return {key: (statistics.median(figures), len(figures)) for key, figures in found.items()}


def ratios(first: list[dict], second: list[dict], value, least: int) -> list[float]:
    """Per cell the ratio of its medians, in the class that both runs saw most."""
    one, other = medians(first, value), medians(second, value)
    best = {}
    for name, key in one.keys() & other.keys():
        samples = min(one[name, key][1], other[name, key][1])
        if samples >= least and samples > best.get(name, (0, None))[0]:
            best[name] = samples, key
    return sorted(other[name, key][0] / one[name, key][0] for name, (_, key) in best.items())


def tell(what: str, found: list[float]) -> None:
    if not found:
        print(f"{what:<24} no cell")
        return
    cut = round(len(found) * 0.05)
    inner = found[cut:len(found) - cut] or found
    within = sum(0.85 <= ratio <= 1.18 for ratio in found) / len(found)
    print(f"{what:<24} {len(found):3d} cells, median ratio {statistics.median(found):.3f}, 90 % of them in "
          f"{inner[0]:.2f}..{inner[-1]:.2f}, {within:.0%} in 0.85..1.18")


def main(shmoo: str, count: str = "40", rounds: str = "9") -> None:
    cells = chosen(shmoo, int(count))
    with tempfile.TemporaryDirectory() as folder:
        first, second = (run(shmoo, cells, int(rounds), pathlib.Path(folder) / f"{n}.json") for n in "ab")
    print(f"{len(cells)} cells, {rounds} rounds, two runs of one build")
    tell("as they are", ratios(first, second, lambda row: (None, row["real_time"]), 1))
    tell("within class", ratios(first, second, lambda row: (row["class"], row["real_time"]), 3))
    for what, floors in (("distance to the floor", None), ("... between CPUs", BETWEEN_CPUS)):
        tell(what, ratios(first, second, lambda row, floors=floors: (
            row["class"], row.get("x_floor") if floors is None or row.get("floor") in floors else None), 3))


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    main(*sys.argv[1:])
