"""The charts: what is read and refused, who wins a cell, how things are told apart, and that a folder is written whole or
not at all. Numbers come from make_fixture.py and are invented."""
import copy
import errno
import html.parser
import itertools
import json
import os
import pathlib
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PLOT = SOURCE / "plots" / "plot.py"
DEADLINE = 300  # seconds; generous, only against hanging
sys.path[:0] = [str(SOURCE / "plots"), str(pathlib.Path(__file__).resolve().parent)]

import make_fixture  # noqa: E402
import numpy as np  # noqa: E402
from shmooplots import classes, command, contest, curves, distance, panel, price, reading, shmoo, style, units  # noqa: E402
from shmooplots import globals as after_fork  # noqa: E402
from shmooplots.contest import Kind, decide  # noqa: E402
from shmooplots.reading import BadInput, Cell, Key, Sample, read  # noqa: E402


def plot(*arguments, python=(sys.executable,), **how):
    return subprocess.run([*python, PLOT, *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE, **how)


def written(folder, document, name="results.json"):
    path = folder / name
    path.write_text(json.dumps(document), encoding="utf-8")
    return path


def cell(mechanism, times, *, size=64, procs=2, failures=(), skipped=None, workload="stream", variant=(), sits=(),
         floor=None, **traits):
    """`sits`: the class of each sample; `floor`: ns, of all samples."""
    key = Key("queue", workload, mechanism, size, procs, variant)
    samples = [Sample(number, time_ns, 1e9 / time_ns, team_class=one, floor_ns=floor, x_floor=floor and time_ns / floor)
               for number, (time_ns, one) in enumerate(itertools.zip_longest(times, sits))]
    return Cell(f"queue/stream/{mechanism}/bytes:{size}/procs:{procs}", key, samples, list(failures), skipped, **traits)


@pytest.fixture(scope="session")
def small():
    return make_fixture.make("quick", rounds=2, cpus=2)


@pytest.fixture(scope="session")
def limited():
    """Rows with floors and classes, floors as cells, and other settings of the axes."""
    return make_fixture.make("quick", rounds=4, cpus=2, limits=True)


@pytest.fixture(scope="session")
def drawn(tmp_path_factory):
    """About 1,000 cells, drawn once by the program; its CPU time in seconds."""
    folder = tmp_path_factory.mktemp("thousand")
    path = written(folder, make_fixture.make("thousand", rounds=3, cpus=2, limits=True))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = plot(path)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert (done.returncode, done.stderr) == (0, "")
    return read(path), folder / "results-charts", after.ru_utime - before.ru_utime


# ---- units ----

@pytest.mark.parametrize("write, value, text", [
    (units.nbytes, 0, "0 B"), (units.nbytes, 24, "24 B"), (units.nbytes, 1024, "1 KiB"), (units.nbytes, 1536, "1.5 KiB"),
    (units.nbytes, 1 << 26, "64 MiB"), (units.nbytes, 1 << 30, "1 GiB"),
    (units.time, 0.061, "0.061 ns"), (units.time, 2.44, "2.4 ns"), (units.time, 999.9, "1 µs"),
    (units.time, 190_400, "190 µs"), (units.time, 4.3e7, "43 ms"), (units.time, 1.25e9, "1.2 s"),
    (units.rate, 950, "950/s"), (units.rate, 2.43e6, "2.4 M/s"), (units.rate, 1e9, "1 G/s"),
    (units.byte_rate, 1.5 * 2**30, "1.5 GiB/s"), (units.count, 12_300, "12 k"), (units.count, 0.5, "0.5"),
    (units.factor, 0.0412, "0.04×"), (units.factor, 1.004, "1.01×"), (units.factor, 1.04, "1.04×"),
    (units.factor, 1.84, "1.8×"), (units.factor, 12.3, "12×"),
    (units.factor, 1234, "1,200×"), (units.factor, 0.4, "0.4×"), (units.processes, 1, "1 process"),
    (units.processes, 8, "8 processes"), (units.percent, 0.714, "71\u00a0%"), (units.percent, 0.001, "<\u00a01\u00a0%"),
    (units.percent, 0, "0\u00a0%"), (units.percent, 0.999, ">\u00a099\u00a0%"), (units.percent, 1, "100\u00a0%"),
    (units.digits, 0, "0"), (units.digits, 0.00012, "0.00012"),
])
def test_quantities_are_written_as_people_read_them(write, value, text):
    assert write(value) == text


@pytest.mark.parametrize("low, high", [(1, 2), (40, 90), (3, 4000), (0.02, 3e9), (1e-3, 1e12)])
def test_a_decimal_axis_has_a_few_ticks_within_its_range(low, high):
    ticks = units.decimal_ticks(low, high)
    assert 2 <= len(ticks) <= 10 and all(low * 0.99 <= tick <= high * 1.01 for tick in ticks)
    assert ticks == sorted(ticks)


@pytest.mark.parametrize("low, high", [(1000, 9000), (1, 2**40)])
def test_a_binary_axis_has_a_few_ticks_within_its_range(low, high):
    ticks = units.binary_ticks(low, high)
    assert 2 <= len(ticks) <= 7 and all(low <= tick <= high for tick in ticks)


def test_zero_bytes_have_a_place_of_their_own_on_a_logarithmic_axis():
    scale = panel.Scale([0, 1 << 20, 1 << 24])
    assert 0 < scale.share(0) < scale.share(1 << 20) < scale.share(1 << 24) < 1


# ---- who wins ----

def test_the_mechanism_with_the_lowest_median_wins_by_the_ratio_to_the_runner_up():
    verdict = decide([cell("pipe", [30, 31, 29]), cell("spsc_ring", [10, 11, 9]), cell("feeder", [90, 91, 92])])
    assert (verdict.kind, verdict.leaders, verdict.lead) == (Kind.WIN, ("spsc_ring",), 3.0)


def test_ranges_that_overlap_are_a_tie_and_the_fastest_is_named_first():
    verdict = decide([cell("pipe", [10, 11, 14]), cell("spsc_ring", [9, 10, 12]), cell("feeder", [40, 41, 42])])
    assert (verdict.kind, verdict.leaders) == (Kind.TIE, ("spsc_ring", "pipe"))


def test_from_five_rounds_on_an_outlier_makes_no_tie():
    steady, outlier = [10, 10, 10, 10, 10], [14, 14, 14, 14, 9]
    assert decide([cell("pipe", steady), cell("feeder", outlier)]).kind is Kind.WIN
    assert decide([cell("pipe", steady[:4]), cell("feeder", outlier[1:])]).kind is Kind.TIE


def test_a_single_round_decides_only_what_is_more_than_a_tenth_apart():
    assert decide([cell("pipe", [100]), cell("feeder", [105])]).kind is Kind.TIE
    assert decide([cell("pipe", [100]), cell("feeder", [115])]).kind is Kind.WIN


def test_a_sample_alone_decides_against_several_only_what_is_a_tenth_apart():
    assert decide([cell("pipe", [100, 101, 102]), cell("feeder", [105])]).kind is Kind.TIE
    assert decide([cell("pipe", [100, 101, 102]), cell("feeder", [115])]).kind is Kind.WIN
    assert decide([cell("pipe", [100, 130, 160]), cell("feeder", [150])]).kind is Kind.TIE


def test_what_is_not_shared_or_not_safe_never_wins():
    private, raw = cell("private", [1, 1, 1], isolated=True), cell("raw", [2, 2, 2], loses_updates=True, tears=True)
    verdict = decide([private, raw, cell("atomic", [10, 10, 10]), cell("mutex", [20, 20, 20])])
    assert (verdict.kind, verdict.leaders, verdict.lead, verdict.over_private) == (Kind.WIN, ("atomic",), 2.0, 10.0)
    assert decide([private, raw]).kind is Kind.UNMEASURED


def test_half_writes_matter_only_beyond_a_machine_word(tmp_path):
    rows = [row for row in make_fixture.make("quick", rounds=1)["benchmarks"] if row["contract"] == "array"]
    results = read(written(tmp_path, {"schema": 1, "benchmarks": rows}))
    competing = {w: {c.key.mechanism for c in results.of("array", w) if c.competes} for w in ("element", "slice_read")}
    assert {"atomic", "striped"} <= competing["element"] and not {"atomic", "striped"} & competing["slice_read"]
    assert not {"raw", "private"} & (competing["element"] | competing["slice_read"])


def test_a_mechanism_without_competition_is_alone():
    verdict = decide([cell("pipe", [10, 11]), cell("posix_mq", [], skipped="8 KiB at most")])
    assert (verdict.kind, verdict.leaders, verdict.lead) == (Kind.ALONE, ("pipe",), None)


def test_failed_skipped_and_unmeasured_cells_are_told_apart():
    failed, skipped = cell("pipe", [], failures=[(0, "killed")]), cell("posix_mq", [], skipped="8 KiB at most")
    assert decide([failed, skipped]).kind is Kind.FAILED
    assert decide([skipped]).kind is Kind.SKIPPED
    assert decide([]).kind is Kind.UNMEASURED
    assert decide([failed, cell("feeder", [1])]).failed == 1


def test_random_cells_keep_the_rules():
    dice = random.Random(7)
    for _ in range(300):
        rounds = dice.randint(1, 9)
        cells = [cell(name, [dice.lognormvariate(3, 0.4) for _ in range(rounds)]) for name in "abcd"]
        verdict = decide(cells)
        medians = sorted((reading.median(c.times), c.key.mechanism) for c in cells)
        assert verdict.leaders[0] == medians[0][1] and verdict.lead == medians[1][0] / medians[0][0]
        best = next(c for c in cells if c.key.mechanism == verdict.leaders[0])
        ties = {c.key.mechanism for c in cells if c is not best and contest.overlap(best.times, c.times)}
        assert ties == set(verdict.leaders[1:]) and (verdict.kind is Kind.TIE) == bool(ties)


def test_the_middle_half_is_linear_between_order_statistics():
    assert reading.spread([5, 1, 4, 2, 3]) == (2, 4)
    assert reading.spread([3, 1, 2]) == (1, 3)
    assert reading.quantile([1, 2], 0.5) == 1.5 and reading.quantile([7], 0.9) == 7


def test_a_territory_is_named_in_its_largest_rectangle():
    cells = [cell("pipe" if size == 8 or procs == 2 else "feeder", [10, 10], size=size, procs=procs)
             for size in (8, 64, 512) for procs in (2, 4, 8)]
    cells += [cell("posix_mq", [90, 90], size=size, procs=procs) for size in (8, 64, 512) for procs in (2, 4, 8)]
    one, = shmoo.maps(cells)
    found = {verdict.leaders[0]: place for verdict, *place in shmoo.regions(one)}
    assert found == {"pipe": [0, 2, 3, 1], "feeder": [1, 0, 2, 2]}  # column, row from the top, columns, rows


def test_the_slope_of_fork_is_found_and_never_below_zero():
    exact = [(mib, 190e3 + 45e3 * mib) for mib in (0, 1, 16, 256, 1024)]
    assert after_fork.slope(exact) == pytest.approx((190e3, 45e3))
    falling, steep = [(1, 100.0), (2, 99.0), (512, 50.0)], [(1, 1.0), (2, 9.0), (512, 9000.0)]
    for points in (falling, steep):
        base, per_mib = after_fork.slope(points)
        assert base >= 0 and per_mib >= 0
    assert after_fork.slope(exact[:2]) is None


# ---- what speed costs ----

def offer(mechanism, time, cpu, **how):
    one = cell(mechanism, [time], **how)
    one.samples = [Sample(0, time, 1e9 / time, cpu_ns=cpu)]
    return price.Offer(one, time, cpu)


def test_the_front_holds_what_nothing_beats_in_time_and_in_cpu_time():
    ring, pipe = offer("spsc_ring", 10, 40), offer("pipe", 90, 20)
    worse, equal = offer("feeder", 95, 41), offer("seqpacket", 90, 20)
    raw = offer("raw", 1, 1, loses_updates=True)
    assert [o.series.mechanism for o in price.front([ring, worse, equal, pipe, raw])] == ["pipe", "spsc_ring"]
    assert price.front([raw]) == []


def test_the_front_of_random_offers_is_that_of_the_definition():
    dice = random.Random(5)
    for _ in range(200):
        offers = [offer(name, dice.randint(1, 9), dice.randint(1, 9)) for name in "abcdefgh"]
        best = price.front(offers)
        for one in offers:
            beaten = any(o.time <= one.time and o.cpu <= one.cpu and (o.time, o.cpu) != (one.time, one.cpu) for o in offers)
            assert not (one in best and beaten)
            assert beaten or any((o.time, o.cpu) == (one.time, one.cpu) for o in best)


def test_the_price_is_shown_where_most_compete_and_each_has_a_cpu():
    def cells(size, procs, names, over=False):
        made = [offer(name, 10, 20, size=size, procs=procs, oversubscribed=over).cell for name in names]
        return made
    found = price.at_one_point(cells(64, 4, "abcd", True) + cells(64, 2, "abc") + cells(4096, 2, "abc") + cells(64, 1, "abc"))
    assert {(o.cell.key.bytes, o.cell.key.procs) for o in found} == {(64, 2)} and len(found) == 3
    assert price.at_one_point([cell("pipe", [10])]) == []  # no CPU time known


# ---- telling mechanisms apart ----

CONTRACTS = {
    "value": "private raw mutex robust futex spin semaphore boost atomic sharded seqlock manager manager_shm manager_tcp",
    "array": "private raw mutex robust futex atomic striped boost manager manager_shm manager_tcp",
    "queue": "pipe feeder socket_stream seqpacket posix_mq boost_mq locked_ring spsc_ring mpmc_ring manager manager_shm "
             "manager_tcp",
    "dict": "private boost manager manager_shm manager_tcp redis python_manager",
}
# Machado, Oliveira, Fernandes, "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.
SIGHT = {
    "normal": np.eye(3),
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
                            [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
                              [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602],
                            [0.004733, 0.691367, 0.303900]]),
}


def oklab(colour, sight):
    """Coordinates in OKLab (Ottosson 2020) of a colour as it is seen."""
    seen = np.clip(SIGHT[sight] @ np.array(style._linear(colour)), 0, 1)
    cones = np.cbrt(np.array([[0.4122214708, 0.5363325363, 0.0514459929], [0.2119034982, 0.6806995451, 0.1073969566],
                              [0.0883024619, 0.2817188376, 0.6299787005]]) @ seen)
    return np.array([[0.2104542553, 0.7936177850, -0.0040720468], [1.9779984951, -2.4285922050, 0.4505937099],
                     [0.0259040371, 0.7827717662, -0.8086757660]]) @ cones


def test_every_mechanism_has_a_pair_of_colour_and_marker_of_its_own():
    looks = style.Looks([])
    pairs = [(looks[name].colour, looks[name].marker) for name in looks.names]
    assert len(set(pairs)) == len(pairs)
    assert len({colour for colour, _ in pairs}) == len(pairs)


@pytest.mark.parametrize("contract, sight", itertools.product(CONTRACTS, SIGHT))
def test_colours_of_a_contract_stay_apart_in_every_kind_of_sight(contract, sight):
    looks = style.Looks([])
    for one, other in itertools.combinations(CONTRACTS[contract].split(), 2):
        distance = np.linalg.norm(oklab(looks[one].colour, sight) - oklab(looks[other].colour, sight))
        assert distance > 0.06, f"{one} and {other}: {distance:.3f}"


def test_markers_differ_among_mechanisms_of_one_family_in_a_contract():
    looks = style.Looks([])
    for names in CONTRACTS.values():
        for one, other in itertools.combinations(names.split(), 2):
            same_family = looks[one].family == looks[other].family
            assert not same_family or looks[one].marker != looks[other].marker, f"{one} and {other}"


def test_unknown_mechanisms_get_looks_of_their_own_that_do_not_depend_on_order():
    cells = [cell(f"peer_{number}", [1]) for number in range(12)]
    looks, again = style.Looks(cells), style.Looks(cells[::-1])
    pairs = {(looks[c.key.mechanism].colour, looks[c.key.mechanism].marker) for c in cells}
    assert len(pairs) == 12
    assert all(looks[c.key.mechanism] == again[c.key.mechanism] for c in cells)


def test_a_variant_keeps_the_colour_and_changes_the_line(small, tmp_path):
    results = read(written(tmp_path, small))
    looks = style.Looks(results.cells)
    series = sorted({c.key.series for c in results.of("globals")})
    assert [s.label for s in series] == ["private", "private, pages:thp", "private, writer:parent"]
    assert len({str(looks.dashes(s)) for s in series}) == len(series)


def test_text_is_darkened_until_it_can_be_read_on_white():
    for name in style.Looks([]).names:
        assert 1.05 / (style.luminance(style.readable(style.Looks([])[name].colour)) + 0.05) >= 4.5


def test_labels_keep_their_order_their_distance_and_the_panel():
    dice = random.Random(3)
    for _ in range(200):
        wanted = sorted(dice.uniform(0, 2) for _ in range(dice.randint(1, 14)))
        placed = panel.spaced(wanted, 0.137, 0.0, 2.0)
        assert len(placed) == len(wanted)
        assert all(b - a > 0.136 for a, b in zip(placed, placed[1:]))
        assert placed[0] > -1e-9 and placed[-1] < 2.0 + 1e-9


def test_a_selection_of_panels_has_the_first_and_the_last():
    assert curves.thinned([1, 2, 3], 5) == [1, 2, 3]
    chosen = curves.thinned(list(range(40)), 5)
    assert len(chosen) == 5 and chosen[0] == 0 and chosen[-1] == 39


# ---- reading ----

def test_rows_of_one_name_are_rounds_of_one_cell(small, tmp_path):
    results = read(written(tmp_path, small))
    assert sum(len(c.samples) for c in results.cells) == len(small["benchmarks"])
    assert sum(len(c.failures) for c in results.cells) == len(small["failures"])
    assert sum(1 for c in results.cells if c.skipped) == len(small["skipped"])
    assert results.cpus == 2 and "FIXTURE" in results.machine_line


def test_keys_that_are_not_known_and_means_of_other_tools_are_passed_over(small, tmp_path):
    document = copy.deepcopy(small)
    for row in document["benchmarks"]:
        row.update({"floor_ns": 1.0, "x_floor": None, "class": "smt", "p99_ns": 7, "new": {"deep": [1]}})
    document["benchmarks"].append({"name": "mean", "run_type": "aggregate", "real_time": 1})
    document["more"] = 1
    assert len(read(written(tmp_path, document)).cells) == len(read(written(tmp_path, small, "plain.json")).cells)


def test_times_in_another_unit_are_understood(small, tmp_path):
    document = copy.deepcopy(small)
    row = document["benchmarks"][0]
    document["benchmarks"] = [dict(row, time_unit="us", real_time=2.5)]
    found = [c for c in read(written(tmp_path, document)).cells if c.samples]
    assert found[0].times == [2500.0]


def test_failures_and_skips_without_rows_take_their_place_from_the_name():
    expected = Key("dict", "set", "manager", 64, 4, (("place", "smt"),))
    assert reading.key_of("dict/set/manager/bytes:64/procs:4/place:smt") == expected
    for name in ("round 3", "a/b/c", "a/b/c/bytes:x/procs:2", "a/b/c/procs:2/bytes:1", "a//c/bytes:1/procs:2"):
        assert reading.key_of(name) is None


def test_a_failure_of_something_that_is_no_cell_is_kept_for_the_page(small, tmp_path):
    document = copy.deepcopy(small)
    document["failures"].append({"name": "round 2", "round": 1, "reason": "the process died"})
    assert read(written(tmp_path, document)).notes == [("round 2", 1, "the process died")]


def changed(**change):
    def apply(document):
        document["benchmarks"][3].update(change)
        return json.dumps(document)
    return apply


def without(key):
    def apply(document):
        del document["benchmarks"][3][key]
        return json.dumps(document)
    return apply


GOOGLE = {"context": {"date": "x"}, "benchmarks": [{"name": "BM_x", "real_time": 1.0, "time_unit": "ns"}]}
BAD = {
    "empty": (lambda d: "", "empty"),
    "blank": (lambda d: " \n\n", "empty"),
    "text": (lambda d: "hello", "not JSON|truncated"),
    "malformed": (lambda d: json.dumps(d).replace('"iterations":', '"iterations"', 1), "not JSON at line 1, column"),
    "truncated": (lambda d: json.dumps(d, indent=1)[:5000], "truncated"),
    "a list": (lambda d: "[1, 2]", "not a results file"),
    "a number": (lambda d: "7", "not a results file"),
    "another object": (lambda d: '{"name": "package", "version": 1}', "not a results file"),
    "Google Benchmark's": (lambda d: json.dumps(GOOGLE), "Google Benchmark's own output"),
    "no schema": (lambda d: json.dumps({**d, "schema": None}), "schema"),
    "odd schema": (lambda d: json.dumps({**d, "schema": "one"}), "schema"),
    "later schema": (lambda d: json.dumps({**d, "schema": 99}), "schema 99 is newer than 1.*update shmoo"),
    "no cells": (lambda d: json.dumps({**d, "benchmarks": [], "failures": [], "skipped": []}), "nothing to draw"),
    "rows that are no objects": (lambda d: json.dumps({**d, "benchmarks": [1]}), r"benchmarks\[0\]"),
    "failures that are no list": (lambda d: json.dumps({**d, "failures": {}}), "failures"),
    "a failure without a reason": (lambda d: json.dumps({**d, "failures": [{"name": "x"}]}),
                                   r"failures\[0\].*'reason' is missing"),
    "no mechanism": (without("mechanism"), r"benchmarks\[3\] .*'mechanism' is missing"),
    "no time": (without("real_time"), r"benchmarks\[3\] .*'real_time' is missing"),
    "no time at all": (changed(real_time=0), "'real_time' is not more than 0"),
    "a negative time": (changed(real_time=-4.0), "out of range"),
    "a time that is text": (changed(real_time="fast"), "'real_time' is not a number"),
    "NaN": (lambda d: changed(real_time=float("nan"))(d), "NaN"),
    "an endless number": (lambda d: json.dumps(d).replace('"procs": ', '"procs": 1e999, "p": ', 1), "out of range"),
    "a long number": (lambda d: json.dumps(d).replace('"procs": ', '"procs": ' + "9" * 6000 + ', "p": ', 1),
                      "out of range|too long"),
    "half a process": (changed(procs=1.5), "not a whole number"),
    "no process": (changed(procs=0), "out of range"),
    "true bytes": (changed(bytes=True), "'bytes' is not a number"),
    "a unit of its own": (changed(time_unit="fortnights"), "time_unit"),
    "a variant that is a list": (changed(variant=["thp"]), "variant"),
    "a floor that is text": (changed(floor_ns="low"), "'floor_ns' is not a number"),
    "a class that is a number": (changed(**{"class": 3}), "'class' is not a text"),
    "settled perhaps": (changed(unsettled="perhaps"), "'unsettled' is neither true nor false"),
    "a name like a novel": (changed(mechanism="x" * 500), "not a name"),
    "one name for two cells": (lambda d: json.dumps({**d, "benchmarks": [
        d["benchmarks"][0], dict(d["benchmarks"][0], procs=77)]}), "other rows of this name"),
    "deep nesting": (lambda d: "[" * 100_000, "nested too deep|truncated"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_cannot_be_used_is_refused_in_one_line(case, small, tmp_path):
    text, expected = BAD[case]
    path = tmp_path / "bad.json"
    path.write_text(text(copy.deepcopy(small)), encoding="utf-8")
    with pytest.raises(BadInput, match=re.compile(expected, re.DOTALL)) as refusal:
        read(path)
    assert "bad.json" in str(refusal.value) and "\n" not in str(refusal.value)


@pytest.mark.parametrize("name, content, expected", [
    ("foreign.json", json.dumps(GOOGLE).encode(), "Google Benchmark's own output"),
    ("binary.json", bytes(range(256)), "not a text file"),
    ("empty.json", b"", "empty"),
])
def test_the_program_says_one_line_and_exits_with_two(name, content, expected, tmp_path):
    (tmp_path / name).write_bytes(content)
    done = plot(tmp_path / name)
    assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1
    assert done.stderr.startswith("plot: ") and name in done.stderr and expected in done.stderr
    assert os.listdir(tmp_path) == [name]


@pytest.mark.parametrize("arguments, expected", [
    (["nowhere.json"], "no such file"), (["."], "is a folder"), ([], "required"), (["a", "b"], "unrecognized"),
    (["a", "--out"], "expected one argument"), (["nowhere\0.json"], None),
])
def test_wrong_arguments_are_refused_in_one_line(arguments, expected, tmp_path):
    if expected is None:
        with pytest.raises(BadInput):
            read(arguments[0])
        return
    done = plot(*arguments, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and expected in done.stderr
    assert os.listdir(tmp_path) == []


def test_every_cut_through_a_file_is_refused(small, tmp_path):
    document = {**small, **{part: small[part][:2] for part in ("benchmarks", "failures", "skipped")}}
    text = json.dumps(document, indent=1)
    path = tmp_path / "cut.json"
    for length in range(len(text)):
        path.write_text(text[:length], encoding="utf-8")
        with pytest.raises(BadInput):
            read(path)


def test_files_with_bytes_changed_at_random_are_read_or_refused(small, tmp_path):
    document = {**small, **{part: small[part][:3] for part in ("benchmarks", "failures", "skipped")}}
    text = json.dumps(document).encode()
    dice = random.Random(11)
    path = tmp_path / "bent.json"
    for _ in range(2000):
        bent = bytearray(text)
        for _ in range(dice.randint(1, 4)):
            bent[dice.randrange(len(bent))] = dice.randrange(256)
        path.write_bytes(bytes(bent))
        try:
            read(path)
        except BadInput as refusal:
            assert "bent.json" in str(refusal)


# ---- classes and floors ----

NEAR, FAR = ["smt"] * 3, ["far"] * 3


def test_a_chart_keeps_to_the_class_with_most_of_its_samples_and_says_so():
    cells = [cell("pipe", [10, 11, 90], sits=["smt", "smt", "far"]), cell("feeder", [20, 21, 22], sits=NEAR),
             cell("mutex", [70, 20], sits=["far", "smt"]), cell("spin", [50], sits=["far"])]
    chosen = classes.select(cells)
    assert [c.times for c in chosen.cells] == [[10, 11], [20, 21, 22], [20], []]
    assert [c.elsewhere for c in chosen.cells] == [None, None, None, "far"]
    assert chosen.said.replace("\u00a0", " ") == ("Only class smt (threads of one core): 67 % of the samples; "
                                              "left out: far 33 %.")
    assert chosen.notes == ["Measured in other classes only: spin, 64 B, 2 processes (far)."]
    assert chosen.at == {2: "smt"}
    assert [len(c.samples) for c in cells] == [3, 3, 2, 1]  # the file's own cells are as they were


def test_without_classes_nothing_is_left_out_and_nothing_is_said():
    cells = [cell("pipe", [1, 2]), cell("feeder", [], skipped="no")]
    assert classes.select(cells) == classes.Selection(cells)
    assert classes.select([]).said == ""


def test_a_single_class_is_named():
    assert classes.select([cell("pipe", [1, 2, 3], sits=FAR)]).said == "Class far (cores without a common cache)."


def test_a_process_has_no_class_and_keeps_its_samples():
    chosen = classes.select([cell("pipe", [1, 2], procs=1), cell("pipe", [1, 2, 3], sits=NEAR)])
    assert [len(c.samples) for c in chosen.cells] == [2, 3] and chosen.said == "Class smt (threads of one core)."


def test_where_the_class_follows_from_the_number_of_processes_each_number_has_its_own():
    cells = [cell(name, [1, 2, 3], sits=NEAR) for name in ("pipe", "feeder")]
    cells += [cell(name, [4, 5, 6], sits=["same_l3"] * 2 + ["smt"], procs=procs) for name in ("pipe", "feeder")
              for procs in (4, 8)]
    for one in cells[2:]:
        one.samples[2] = Sample(2, 6, 1e9 / 6, team_class="far")
    chosen = classes.select(cells)
    assert chosen.at == {2: "smt", 4: "same_l3", 8: "same_l3"}
    assert chosen.said.replace("\u00a0", " ") == ("Class by processes: smt at 2; same_l3 at 4 and 8: 78 % of the samples; "
                                              "left out: far 22 %.")


def test_another_placement_does_not_choose_the_class_of_the_default():
    placed = cell("pipe", [9] * 5, sits=["same_cpu"] * 5, variant=(("place", "same_cpu"),))
    chosen = classes.select([placed, cell("pipe", [1, 2, 3], sits=NEAR)])
    assert [len(c.samples) for c in chosen.cells] == [5, 3] and chosen.at == {2: "smt"}


def test_no_verdict_mixes_classes():
    cells = [cell("pipe", [10, 10, 90, 90, 90], sits=NEAR[:2] + FAR), cell("feeder", [20, 20, 20], sits=NEAR)]
    one, = shmoo.maps(classes.select(cells).cells)
    assert one.verdicts[64, 2].leaders == ("pipe",)


def test_floors_are_kept_apart_from_what_is_ranked(limited, tmp_path):
    results = read(written(tmp_path, limited))
    assert {c.key.contract for c in results.floors} == {"floor"} and "floor" not in {c.key.contract for c in results.cells}
    assert {c.key.workload for c in results.floors} >= {"cache_line", "copy", "fetch_add", "fork", "block_stream"}
    assert all("floor" not in (one.contract, *one.leaders) for one in shmoo.maps(results.cells))


def test_the_time_over_the_floor_is_computed_where_the_row_does_not_tell_it(small, tmp_path):
    document = copy.deepcopy(small)
    row = document["benchmarks"][0]
    document["benchmarks"] = [dict(row, real_time=30.0, floor_ns=12.0, x_floor=None), dict(row, real_time=30.0, floor_ns=0)]
    one, other = next(c for c in read(written(tmp_path, document)).cells if c.samples).samples
    assert (one.floor_ns, one.x_floor, one.unsettled, one.team_class) == (12.0, 2.5, None, None)
    assert (other.floor_ns, other.x_floor) == (None, None)


def test_the_floor_line_goes_through_the_medians_of_all_cells_of_a_size():
    cells = [cell("pipe", [50, 60], size=8, floor=4), cell("feeder", [80], size=8, floor=5),
             cell("pipe", [90], size=64, floor=9), cell("pipe", [90], size=512)]
    strokes = panel.Strokes(style.Looks(cells), [])
    place = panel.Panel(None, 0.0, 0.0, 1.0, 1.0, panel.Scale([8, 64, 512]), 1.0, 100.0)
    assert strokes.add_floor(place, cells, lambda c: c.key.bytes, panel.TIME) == (place.x(64), place.y(9))
    assert strokes.floors == [[(place.x(8), place.y(4)), (place.x(64), place.y(9))]]
    assert strokes.add_floor(place, cells[3:], lambda c: c.key.bytes, panel.TIME) is None
    assert panel.RATE.floors(cells[2]) == [1e9 / 9] and panel.BYTE_RATE.floors(cells[2]) == []


def test_the_floor_of_the_work_is_that_of_the_way_that_is_bounded_least():
    cells = [cell("pipe", [50], floor=10), cell("spin", [50], floor=12), cell("manager", [5000], floor=400),
             cell("private", [1], floor=1, isolated=True)]
    assert [c.key.mechanism for c in panel.bounding(cells)] == ["pipe", "spin"]
    assert panel.floor_points(cells, lambda c: c.key.bytes, panel.TIME) == [(64, 11)]
    assert panel.bounding(cells[3:]) == cells[3:] and panel.bounding([]) == []


def test_other_settings_of_the_axes_have_charts_of_their_own_and_leave_the_default_as_it_was(limited, tmp_path):
    document = only(limited, lambda name: name.startswith(("queue/round_trip", "queue/paced")))
    settings = {"place_same_cpu", "wait_spin", "wait_block", "idle_10ms"}
    kinds = ("round_trip_by_size", "shmoo", "distance", "paced")
    found = {stem for stem in draw(document, tmp_path / "all") if stem.startswith(tuple(f"queue_{kind}" for kind in kinds))}
    ends = ["", *(f"_{setting}" for setting in settings)]
    assert found == {f"queue_{kind}{end}" for kind in kinds[:3] for end in ends} | {"queue_paced_by_load_procs_2"}
    draw(only(document, lambda name: name.count("/") == 4), tmp_path / "default")
    for name in ("queue_round_trip_by_size", "queue_shmoo", "queue_distance"):
        one, other = ((tmp_path / folder / "out" / f"{name}.svg").read_bytes() for folder in ("all", "default"))
        assert one == other, name


def test_what_runs_at_a_prescribed_rate_is_not_ranked_by_its_time(tmp_path):
    paced = [cell(name, [1000, 1000], workload="paced", variant=(("load", "50"),), floor=10) for name in ("pipe", "feeder")]
    assert shmoo.maps(paced) == [] and distance.lanes(paced, "queue") == []


@pytest.mark.parametrize("p50, p99", [(0, 5), (0, 0), (None, None)])
def test_latencies_too_short_for_the_clock_or_too_few_for_percentiles_do_no_harm(p50, p99, limited, tmp_path):
    document = only(limited, lambda name: name.startswith("queue/paced/pipe/bytes:64/"))
    for row in document["benchmarks"]:
        row.update(p50_ns=p50, p99_ns=p99)
    assert "queue_paced_by_load_procs_2" in draw(document, tmp_path)


def test_a_paced_mechanism_with_too_few_latencies_for_a_percentile_is_drawn_beside_the_others(limited, tmp_path):
    document = only(limited, lambda name: name.startswith("queue/paced/"))
    for row in document["benchmarks"]:
        if row["mechanism"] == "pipe":
            row.pop("p99_ns", None)
    assert any("p99_ns" in row for row in document["benchmarks"])
    assert "queue_paced_by_load_procs_2" in draw(document, tmp_path)


def test_distances_are_compared_at_the_place_where_most_were_measured_and_sorted():
    cells = [cell("pipe", [40, 60], size=size, floor=10) for size in (8, 64, 512, 4096)]
    cells += [cell("feeder", [20], size=size, floor=10) for size in (8, 64, 512)]
    cells += [cell("spin", [90], size=4096, floor=10), cell("mutex", [1000], size=64, procs=8, floor=10, oversubscribed=True)]
    one, = distance.lanes(cells, "queue")
    assert (one.size, one.procs) == (64, 2)
    assert [(d.series.mechanism, d.here, d.low, d.high) for d in one.distances] == [
        ("feeder", 2.0, 2.0, 2.0), ("pipe", 5.0, 5.0, 5.0), ("spin", None, 9.0, 9.0)]
    only_over, = distance.lanes(cells[-1:], "queue")
    assert only_over.distances[0].here == 100


def test_without_floors_there_is_no_distance(small, tmp_path):
    assert distance.to_the_floor(read(written(tmp_path, small)), style.Looks([])) == []


def test_a_file_of_floors_alone_gives_a_page(limited, tmp_path):
    document = only(limited, lambda name: name.startswith("floor/"))
    assert draw(document, tmp_path) == set()
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert 'id="floors"' in text and "the round trip of a cache line" in text and Page(text)


def test_the_page_tells_classes_floors_and_what_was_unsettled(limited, tmp_path):
    document = only(limited, lambda name: name.startswith(("queue/stream/pipe/bytes:64/", "floor/copy")))
    rows = [row for row in document["benchmarks"] if row["contract"] == "queue"]
    document["failures"] = [{"name": rows[0]["name"], "round": 9, "reason": "killed"}]
    document["context"]["classes"]["thresholds"]["odd"] = None
    for row, sits, unsettled in zip(rows, ("smt", "smt", "far", "smt"), (True, False, False, False)):
        row.update({"class": sits, "unsettled": unsettled, "floor_ns": 10.0, "x_floor": 30.0 if sits == "smt" else 90.0})
    draw(document, tmp_path)
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8").replace("\u00a0", " ")
    Page(text)
    assert "The machine hides its topology" in text and "smt below 90 ns, same_l3 below 260 ns" in text
    assert "kept the CPUs awake" in text
    assert "Of 4 samples with a floor, 1 (25 %) are unsettled" in text and "0 (0 %) took" in text
    table = text[text.index('id="all"'):text.index("</table>", text.index('id="all"'))]
    assert re.findall(r"<button type=\"button\">([^<]+)<", table)[4:8] == ["class", "time", "range", "× floor"]
    near, far = table[table.index("<tbody>"):].split("</tr>")[:2]
    assert ">smt<" in near and ">30×<" in near and "33 %" in near and ">3 of 4<" in near and "class=bad" in near
    assert ">far<" in far and ">90×<" in far and ">1 of 4<" in far and "class=bad" not in far
    assert 'title="floor 10 ns: messages published 256 at a time"' in near


def test_a_page_of_a_file_without_them_has_no_columns_for_them(small, tmp_path):
    draw(only(small, lambda name: name.startswith("queue/stream")), tmp_path)
    text = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert "× floor" not in text and ">class<" not in text and 'id="classes"' not in text and 'id="floors"' not in text


@pytest.mark.parametrize("told", [3, [], {"source": 7, "thresholds": [1], "counts": None}, {"thresholds": {"smt": "x"}}, None])
def test_odd_words_about_classes_do_no_harm(told, limited, tmp_path):
    document = only(limited, lambda name: name.startswith("globals/fork"))
    document["context"].update(classes=told, run={"awake": "yes"})
    draw(document, tmp_path)


# ---- drawing ----

class Page(html.parser.HTMLParser):
    """Collects what a page refers to, and holds its tags to be closed in order."""
    VOID = {"meta", "img", "br", "input"}

    def __init__(self, text):
        super().__init__()
        self.open, self.links, self.text = [], [], []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        if tag not in self.VOID:
            self.open.append(tag)
        self.links += [value for key, value in attributes if key in ("href", "src")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def test_every_chart_is_there_as_svg_and_png_and_nothing_else(drawn):
    results, folder, _ = drawn
    names = {path.name for path in folder.iterdir()}
    stems = {name.rpartition(".")[0] for name in names} - {"index"}
    assert names == {"index.html"} | {f"{stem}.{ending}" for stem in stems for ending in ("svg", "png")}
    assert {"shmoo", "value_shmoo", "array_shmoo", "queue_shmoo", "dict_shmoo", "globals_fork", "globals_first_write",
            "value_price", "array_price", "queue_price", "dict_price",
            "queue_stream_by_size", "queue_fan_in_by_size", "queue_fan_in_by_procs", "value_increment_by_procs",
            "queue_distance", "globals_distance", "queue_paced_by_load_procs_2", "queue_round_trip_by_size_wait_block"} <= stems
    assert "queue_stream_by_procs" not in stems  # one process count: nothing to draw
    assert "value_increment_by_size" not in stems
    assert len(results.cells) >= 1000


def test_a_thousand_cells_take_less_than_thirty_seconds_of_one_cpu(drawn):
    assert drawn[2] < 30


def test_every_svg_is_well_formed_and_nothing_in_it_is_a_bitmap(drawn):
    for path in drawn[1].glob("*.svg"):
        root = xml.etree.ElementTree.parse(path).getroot()
        assert root.tag.endswith("svg") and not list(root.iter("{http://www.w3.org/2000/svg}image")), path


def test_every_png_is_whole(drawn):
    for path in drawn[1].glob("*.png"):
        content = path.read_bytes()
        assert content.startswith(b"\x89PNG\r\n") and content[-8:-4] == b"IEND", path


def test_the_page_refers_only_to_files_beside_it_and_to_itself(drawn):
    _, folder, _ = drawn
    text = (folder / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    anchors = set(re.findall(r'id="([^"]+)"', text))
    for link in page.links:
        assert link[1:] in anchors if link.startswith("#") else (folder / link).is_file(), link
    charts = {path.name for path in folder.iterdir()} - {"index.html"}
    assert charts <= set(page.links)
    assert "http://" not in text and "https://" not in text and "@import" not in text


def test_the_page_has_every_cell_and_every_failure_and_skip_with_its_reason(drawn):
    results, folder, _ = drawn
    text = "".join(Page((folder / "index.html").read_text(encoding="utf-8")).text)
    assert results.machine_line in text and "2025-01-31" in text
    for entry in results.cells:
        if entry.failures or entry.skipped:
            assert entry.name in text
            for reason in [reason for _, reason in entry.failures] + ([entry.skipped] if entry.skipped else []):
                assert reason in text
    rows = re.findall(r"<tr>", (folder / "index.html").read_text(encoding="utf-8"))
    assert len(rows) >= sum(1 for c in results.cells if c.samples)


def test_names_from_the_file_cannot_break_page_or_folder(small, tmp_path):
    document = only(small, lambda name: name.startswith("queue/stream"))
    document["skipped"], document["failures"] = [], [{"name": "<i>", "round": 0, "reason": "a & b < c $x$ \x07"}]
    for row in document["benchmarks"]:
        row["mechanism"] = row["mechanism"].replace("pipe", "<b>$p$&")
        row["workload"] = row["workload"].replace("stream", "../str eam")
        row["name"] = "/".join(str(row[key]) for key in ("contract", "workload", "mechanism", "bytes", "procs"))
    results = read(written(tmp_path, document))
    command.draw(results, tmp_path / "out")
    assert all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in os.listdir(tmp_path / "out"))
    page = Page((tmp_path / "out" / "index.html").read_text(encoding="utf-8"))
    assert "<b>$p$&" in "".join(page.text)
    assert "queue_str_eam_by_size.svg" in os.listdir(tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"results.json", "out"}


def only(document, keep):
    chosen = copy.deepcopy(document)
    for part in ("benchmarks", "failures", "skipped"):
        chosen[part] = [row for row in chosen[part] if keep(row["name"])]
    return chosen


def draw(document, folder):
    folder.mkdir(exist_ok=True)
    command.draw(read(written(folder, document)), folder / "out")
    return {path.stem for path in (folder / "out").glob("*.svg")}


def test_what_the_file_has_no_data_for_is_not_drawn(small, tmp_path):
    assert draw(only(small, lambda name: name.startswith("globals/fork")), tmp_path / "a") == {"globals_fork"}
    stream = only(small, lambda name: name.startswith("queue/stream"))
    assert draw(stream, tmp_path / "b") == {"queue_shmoo", "queue_stream_by_size", "queue_price"}
    one = only(small, lambda name: name == "queue/stream/pipe/bytes:64/procs:2")
    one["benchmarks"] = one["benchmarks"][:1]
    assert draw(one, tmp_path / "c") == {"queue_shmoo", "queue_stream_by_size"}


def test_a_run_in_which_all_failed_still_gives_maps_and_a_page(small, tmp_path):
    document = only(small, lambda name: name.startswith("queue/"))
    document["failures"] = [{"name": row["name"], "round": 0, "reason": "killed"} for row in document["benchmarks"]]
    document["benchmarks"] = []
    assert draw(document, tmp_path) == {"queue_shmoo"}
    document["failures"] = []
    assert draw(document, tmp_path) == set()  # only skips: the page tells them
    assert "posix_mq" in (tmp_path / "out" / "index.html").read_text(encoding="utf-8")


def test_unknown_contracts_and_sizes_of_zero_are_drawn(small, tmp_path):
    document = only(small, lambda name: name.startswith("queue/fan_in"))
    for row in document["benchmarks"]:
        row["contract"], row["bytes"] = "topic", 0 if row["bytes"] == 64 else row["bytes"]
        row["name"] = row["name"].replace("queue/", "topic/").replace("bytes:64/", "bytes:0/")
    document["failures"] = document["skipped"] = []
    assert draw(document, tmp_path) >= {"topic_shmoo", "topic_fan_in_by_size"}


def test_cells_of_another_placement_get_maps_of_their_own(small, tmp_path):
    document = only(small, lambda name: name.startswith("queue/stream"))
    for row in copy.deepcopy(document["benchmarks"]):
        row["name"] += "/place:smt"
        row["variant"] = {"place": "smt"}
        document["benchmarks"].append(row)
    assert draw(document, tmp_path) >= {"queue_shmoo", "queue_shmoo_place_smt", "queue_stream_by_size"}


# ---- whole or not at all ----

def test_a_second_drawing_replaces_the_first_and_leaves_other_files_alone(small, tmp_path):
    draw(only(small, lambda name: name.startswith(("queue/", "globals/"))), tmp_path)
    (tmp_path / "out" / "mine.svg").write_text("mine")
    fewer = only(small, lambda name: name.startswith("globals/"))
    assert draw(fewer, tmp_path) == {"globals_fork", "globals_first_write", "mine"}


def test_two_drawings_of_one_file_are_equal(small, tmp_path):
    document = only(small, lambda name: name.startswith("queue/stream"))
    for folder in ("a", "b"):
        draw(document, tmp_path / folder)
    for name in os.listdir(tmp_path / "a" / "out"):
        assert (tmp_path / "a" / "out" / name).read_bytes() == (tmp_path / "b" / "out" / name).read_bytes(), name


def test_an_error_while_drawing_leaves_nothing_behind(small, tmp_path, monkeypatch):
    path = written(tmp_path, only(small, lambda name: name.startswith("queue/")))
    count = itertools.count()

    def full(chart, folder):
        if next(count) == 2:
            raise OSError(errno.ENOSPC, "No space left on device", str(folder / "x.svg"))
        (folder / f"{chart.stem}.svg").write_text("half")

    monkeypatch.setattr(command, "save", full)
    assert command.run([str(path), "--out", str(tmp_path / "deep" / "out")]) == 2
    assert os.listdir(tmp_path) == ["results.json"]


def test_an_error_while_drawing_leaves_earlier_charts_as_they_were(small, tmp_path, monkeypatch):
    draw(only(small, lambda name: name.startswith("globals/")), tmp_path)
    before = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}

    def broken(*_):
        raise RuntimeError("a bug")

    monkeypatch.setattr(command.page, "render", broken)
    with pytest.raises(RuntimeError):
        command.draw(read(tmp_path / "results.json"), tmp_path / "out")
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


@pytest.mark.parametrize("out", ["results.json", "results.json/charts", "/proc/charts", "/dev/null/charts"])
def test_a_folder_that_cannot_be_written_is_refused_in_one_line(out, small, tmp_path):
    path = written(tmp_path, only(small, lambda name: name.startswith("globals/")))
    done = plot(path, "--out", out, cwd=tmp_path)
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "--out" in done.stderr and out in done.stderr
    assert os.listdir(tmp_path) == ["results.json"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_drawing_leaves_nothing_behind(number, tmp_path):
    path = written(tmp_path, make_fixture.make("standard", rounds=3))
    program = subprocess.Popen([sys.executable, PLOT, path, "--out", tmp_path / "out"], stderr=subprocess.PIPE, text=True)
    try:
        until = time.monotonic() + DEADLINE
        while not list(tmp_path.glob("out/.partial-*/*.png")):
            assert program.poll() is None and time.monotonic() < until
            time.sleep(0.01)
        program.send_signal(number)
        _, told = program.communicate(timeout=DEADLINE)
    finally:
        program.kill()
        program.wait()
    assert program.returncode == 130 and told == "plot: interrupted: nothing was written\n"
    assert os.listdir(tmp_path) == ["results.json"]


def test_what_a_killed_drawing_left_is_removed_by_the_next(small, tmp_path):
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    (tmp_path / "out" / f".partial-{gone.pid}").mkdir(parents=True)
    (tmp_path / "out" / f".partial-{os.getppid()}").mkdir()  # somebody at work
    draw(only(small, lambda name: name.startswith("globals/fork")), tmp_path)
    assert [path.name for path in (tmp_path / "out").glob(".partial-*")] == [f".partial-{os.getppid()}"]


# ---- finding an interpreter ----

def test_a_python_without_matplotlib_hands_over_to_one_that_has_it(small, tmp_path):
    path = written(tmp_path, only(small, lambda name: name.startswith("globals/fork")))
    other = tmp_path / "bin" / "python3"
    other.parent.mkdir()
    other.write_text(f'#!/bin/sh\necho used >{tmp_path}/used\nexec {sys.executable} "$@"\n')
    other.chmod(0o755)
    bare = tmp_path / "bare"  # stands for a Python of one's own: -S leaves out all installed packages
    bare.write_text(f'#!/bin/sh\nexec {sys.executable} -S "$@"\n')
    bare.chmod(0o755)
    done = plot(path, python=[bare], env={"PATH": str(other.parent)})
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "results-charts" / "index.html").exists()


def test_without_any_python_that_has_matplotlib_the_package_is_named(tmp_path):
    done = plot(tmp_path / "x.json", python=[sys.executable, "-S"], env={"PATH": "", "SHMOO_PLOT_INTERPRETER": "tried"})
    assert done.returncode == 2 and done.stderr.count("\n") == 1 and "python3-matplotlib" in done.stderr


def test_it_works_from_any_folder_without_a_home(small, tmp_path):
    written(tmp_path, only(small, lambda name: name.startswith("globals/fork")))
    done = plot("results.json", cwd=tmp_path, env={"PATH": "/usr/bin:/bin", "HOME": "/nonexistent"})
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "1 charts of 6 cells: results-charts/index.html\n"
    shutil.rmtree(tmp_path / "results-charts")
