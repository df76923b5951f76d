#!/usr/bin/env python3
"""Invents a results file in our format, to test the charts with. NOT a measurement: every number is made up by a formula
and a seeded random generator, and the file says so in its machine line.

    tests/plots/make_fixture.py OUT.json [--grid quick|thousand|standard] [--rounds 3] [--seed 1] [--cpus 4] [--limits]

With --limits rows know their floor and class, floors are cells too, and some cells are there at other settings of the axes.
"""
from __future__ import annotations

import argparse
import json
import math
import random

VALUE = "private raw mutex robust futex spin semaphore boost atomic sharded seqlock manager".split()
ARRAY = "private raw mutex robust futex atomic striped boost manager".split()
QUEUE = "pipe feeder socket_stream seqpacket posix_mq boost_mq locked_ring spsc_ring mpmc_ring manager".split()
DICT = "private boost manager".split()

# mechanism: (ns of an operation alone, ns more per further process that contends, ns per byte)
COSTS = {
    "private": (0.5, -0.12, 0.02), "raw": (0.6, 6, 0.02), "mutex": (18, 60, 0.025), "robust": (24, 66, 0.025),
    "futex": (14, 38, 0.025), "spin": (9, 34, 0.025), "semaphore": (21, 90, 0.025), "boost": (28, 95, 0.03),
    "atomic": (2.4, 16, 0.2), "sharded": (2.9, 0.1, 0.4), "seqlock": (5, 3, 0.03), "striped": (30, 4, 0.026),
    "manager": (21000, 2600, 0.5), "pipe": (900, 350, 0.18), "feeder": (2600, 500, 0.35),
    "socket_stream": (1250, 420, 0.21), "seqpacket": (1150, 400, 0.26), "posix_mq": (1020, 380, 0.22),
    "boost_mq": (210, 300, 0.16), "locked_ring": (95, 180, 0.11), "spsc_ring": (14, 5, 0.075), "mpmc_ring": (31, 28, 0.11),
}

CLASSES = {"smt": (0.66, 1.0), "same_l3": (0.24, 1.5), "far": (0.10, 2.8)}  # share of the samples, times as slow

# workload: the probe that bounds it, and (ns of one, ns per byte) where the CPUs are nearest
FLOORS = {
    "fork": ("fork", 150e3, 38e3 / 2**20), "first_write": ("page_fault", 1500, 0), "read": ("cache_line", 0.25, 0),
    "write": ("cache_line", 0.4, 0), "increment": ("fetch_add", 2.2, 0), "read_mostly": ("copy", 0.4, 0.016),
    "element": ("cache_line", 0.4, 0), "slice_read": ("copy", 0.4, 0.016), "slice_write": ("copy", 0.4, 0.016),
    "fill": ("cache_line", 0.6, 0), "round_trip": ("cache_line", 280, 0.15), "stream": ("block_stream", 8, 0.05),
    "fan_in": ("block_stream", 8, 0.05), "fan_out": ("block_stream", 8, 0.05), "mesh": ("block_stream", 8, 0.05),
    "paced": ("block_stream", 8, 0.05), "get": ("copy", 0.8, 0.016), "set": ("copy", 0.8, 0.016),
    "update": ("copy", 80, 1.6), "mixed": ("copy", 0.8, 0.016),
}

GRID = {
    "quick": {"value": [8], "struct": [8, 512], "array": [4096, 1 << 20], "queue": [64, 16384], "dict": [64, 8192],
              "procs": [1, 4], "memory": [0, 16 << 20, 128 << 20]},
    "thousand": {"value": [8], "struct": [8, 64, 512, 4096], "array": [24, 4096, 1 << 20, 64 << 20],
                 "queue": [8, 512, 16384, 1 << 20], "dict": [8, 1024, 65536], "procs": [1, 2, 4],
                 "memory": [0, 1 << 20, 8 << 20, 64 << 20, 256 << 20, 1 << 30]},
    "standard": {"value": [8], "struct": [8, 64, 512, 4096], "array": [24, 4096, 65536, 1 << 20, 64 << 20],
                 "queue": [8, 64, 512, 4096, 32768, 262144, 1 << 20], "dict": [8, 64, 1024, 8192, 65536],
                 "procs": [1, 2, 4, 8], "memory": [0, 1 << 20, 8 << 20, 64 << 20, 256 << 20, 1 << 30]},
}


class Fixture:
    def __init__(self, rounds: int, seed: int, cpus: int, limits: bool = False) -> None:
        self.random = random.Random(seed)
        self.host = random.Random(seed + 1)  # where the host puts the CPUs, and how restless it is
        self.rounds, self.cpus, self.limits = rounds, cpus, limits
        self.rows: list[dict] = []
        self.failures: list[dict] = []
        self.skipped: list[dict] = []

    def cell(self, contract, workload, mechanism, size, procs, ns, moved=None, variant=None, refusal="", noise=0.06):
        variant = variant or {}
        name = f"{contract}/{workload}/{mechanism}/bytes:{size}/procs:{procs}"
        name += "".join(f"/{axis}:{value}" for axis, value in variant.items())
        if refusal:
            self.skipped.append({"name": name, "reason": refusal})
            return
        level = ns * math.exp(self.random.gauss(0, 0.05))
        hopeless = self.random.random() < 0.004
        for number in range(self.rounds):
            if hopeless or self.random.random() < 0.004:
                reason = self.random.choice([
                    "member 1 was killed by signal 9 (Killed) after 0.4 s",
                    "not done within 20 s: 2 of 4 members still at work",
                    "checksum of message 48211 is wrong"])
                self.failures.append({"name": name, "round": number, "reason": reason})
                continue
            over = procs > self.cpus
            time = level * math.exp(self.random.gauss(0, noise * (2 if over else 1)))
            cpu = time * min(procs, self.cpus) * self.random.uniform(0.6, 0.98)
            row = {"name": name, "run_name": name, "run_type": "iteration", "repetitions": self.rounds,
                   "repetition_index": number, "threads": 1, "iterations": max(1, int(5e6 / time)),
                   "real_time": time, "cpu_time": cpu, "time_unit": "ns", "contract": contract, "workload": workload,
                   "mechanism": mechanism, "bytes": size, "procs": procs, "variant": variant, "placement": "auto",
                   "wait": "adaptive", "oversubscribed": over, "isolated": mechanism == "private",
                   "loses_updates": mechanism == "raw",
                   "tears": mechanism == "raw" or (contract == "array" and mechanism in ("atomic", "striped")),
                   "operations_per_second": 1e9 / time, "cpu_ns": cpu, "switches": 1e-4 * time / 100,
                   "faults": 0.0, "least_share": self.random.uniform(0.6, 1.0)}
            if self.limits:
                self.limit(row)
            if moved:
                row["bytes_per_second"] = 1e9 / row["real_time"] * moved
            self.rows.append(row)

    def limit(self, row):
        """Floor and class of a row; a farther class makes it slower."""
        variant, size, procs = row["variant"], row["bytes"], row["procs"]
        placed = variant.get("place")
        sits = placed or self.host.choices(list(CLASSES), [share for share, _ in CLASSES.values()])[0]
        sits = None if procs == 1 else sits
        slower = CLASSES.get(sits, (0, 1.0))[1] * (0.7 if sits == "same_cpu" else 1.0)
        row["real_time"] *= slower
        row["operations_per_second"] = 1e9 / row["real_time"]
        if row["contract"] != "floor":
            probe, alone, per_byte = FLOORS[row["workload"]]
            cheaper = 0.05 if variant.get("pages") == "thp" and probe == "fork" else 1.0
            floor = (alone + per_byte * size) * slower * cheaper * math.exp(self.host.gauss(0, 0.05))
            if probe == "fetch_add":
                floor += 14 * (procs - 1) * slower
            if row["mechanism"] == "manager":  # its way has another limit
                probe, floor = "syscall", max(400.0, floor)
            row.update(floor=probe, floor_ns=floor, x_floor=row["real_time"] / floor, unsettled=self.host.random() < 0.07)
        row.update({"class": sits, "placement": placed or "auto", "wait": variant.get("wait", "adaptive")})

    def cost(self, mechanism, size, procs, scale=1.0, contention=1.0):
        alone, more, per_byte = COSTS[mechanism]
        slow = 2.2 if procs > self.cpus and mechanism in ("spin", "mpmc_ring", "spsc_ring") else 1.0
        cached = 1.0 if size < 1 << 18 else 2.6
        return max(0.05, (alone + contention * more * (procs - 1)) * scale * slow + per_byte * size * cached)

    def fill(self, grid: dict) -> "Fixture":
        procs = grid["procs"]
        for size in grid["memory"]:
            mib = size / 2**20
            self.cell("globals", "fork", "private", size, 1, 190e3 + 45e3 * mib)
            self.cell("globals", "fork", "private", size, 1, 195e3 + 0.7e3 * mib, variant={"pages": "thp"})
            if size:
                self.cell("globals", "first_write", "private", size, 1, 3600 + 40 * math.log2(1 + mib))
                self.cell("globals", "first_write", "private", size, 1, 1900, variant={"writer": "parent"})
                self.cell("globals", "first_write", "private", size, 1, 140e3, variant={"pages": "thp"})
        for mechanism in VALUE:
            for n in procs:
                for size in grid["value"]:
                    self.cell("value", "read", mechanism, size, n, self.cost(mechanism, size, n, 0.8, 0.3))
                    self.cell("value", "write", mechanism, size, n, self.cost(mechanism, size, n, 0.9, 0.8))
                    refusal = "keeps whole structs, not counters" if mechanism == "seqlock" else ""
                    self.cell("value", "increment", mechanism, size, n, self.cost(mechanism, size, n), refusal=refusal)
                for size in grid["struct"] if n > 1 else []:
                    refusal = "holds at most 8 bytes" if mechanism in ("atomic", "sharded") and size > 8 else ""
                    self.cell("value", "read_mostly", mechanism, size, n, self.cost(mechanism, size, n, 1, 0.2), size,
                              refusal=refusal)
        for mechanism in ARRAY:
            for n in procs:
                for size in grid["array"]:
                    self.cell("array", "element", mechanism, size, n, self.cost(mechanism, 8, n, 1 + size / 2e8, 0.5), 8)
                    for workload in ("slice_read", "slice_write"):
                        self.cell("array", workload, mechanism, size, n,
                                  self.cost(mechanism, size, n, 1.0, 0.4) * (1 if workload == "slice_read" else 1.2), size)
                    self.cell("array", "fill", mechanism, size, n, self.cost(mechanism, size / n, n, 2.0, 0.3), 8)
        for mechanism in QUEUE:
            for size in grid["queue"]:
                too_large = mechanism == "posix_mq" and size > 8192
                large = "a message holds at most 8192 bytes (msgsize_max)" if too_large else ""
                self.cell("queue", "round_trip", mechanism, size, 2, 2.4 * self.cost(mechanism, size, 2) + 300, 2 * size,
                          refusal=large, noise=0.2)
                self.cell("queue", "stream", mechanism, size, 2, self.cost(mechanism, size, 2), size, refusal=large)
                for workload in ("fan_in", "fan_out", "mesh"):
                    for n in [n for n in procs if n > 2 or (n == 2 and workload != "mesh")]:
                        one = "one producer and one consumer only" if mechanism == "spsc_ring" else ""
                        self.cell("queue", workload, mechanism, size, n, self.cost(mechanism, size, n, 1.1, 0.7), size,
                                  refusal=one or large)
        for mechanism in DICT:
            for n in procs:
                for size in grid["dict"]:
                    for workload, scale in (("get", 6), ("set", 9), ("update", 500), ("mixed", 7)):
                        times = 1 if mechanism != "manager" else (4 if workload == "update" else 1)
                        ns = self.cost(mechanism, size, n, scale if mechanism != "manager" else times)
                        self.cell("dict", workload, mechanism, size, n, ns, size * (100 if workload == "update" else 1))
        return self

    def fill_limits(self, grid: dict) -> "Fixture":
        """Floors as cells, and other settings of the axes."""
        for size in grid["queue"]:
            self.cell("floor", "copy", "probe", size, 2, 0.4 + 0.016 * size)
            self.cell("floor", "block_stream", "probe", size, 2, 8 + 0.05 * size)
        self.cell("floor", "cache_line", "probe", 64, 2, 58)
        for procs in grid["procs"]:
            self.cell("floor", "fetch_add", "probe", 8, procs, 2.2 + 14 * (procs - 1))
        for size in grid["memory"]:
            self.cell("floor", "fork", "probe", size, 1, 150e3 + 38e3 * size / 2**20)
        for variant in ({"place": "same_cpu"}, {"wait": "spin"}, {"wait": "block"}, {"idle": "10ms"}):
            for mechanism in ("pipe", "spsc_ring", "mpmc_ring"):
                for size in grid["queue"]:
                    slow = 40e3 if "idle" in variant else 3e3 if variant.get("wait") == "block" else 0
                    self.cell("queue", "round_trip", mechanism, size, 2, 2.4 * self.cost(mechanism, size, 2) + 300 + slow,
                              2 * size, variant=variant, noise=0.2)
        for load in (10, 50, 90):
            for mechanism in ("pipe", "locked_ring", "spsc_ring"):
                for size in grid["queue"]:
                    cost = self.cost(mechanism, size, 2)
                    before = len(self.rows)
                    self.cell("queue", "paced", mechanism, size, 2, cost * 100 / load, size, variant={"load": str(load)})
                    for row in self.rows[before:]:
                        row["p50_ns"] = cost * (3 + load / 20) * self.host.uniform(0.9, 1.1)
                        row["p99_ns"] = row["p50_ns"] * (2 + 0.02 * load**1.5)
        return self

    def document(self) -> dict:
        self.random.shuffle(self.rows)
        return {
            "schema": 1,
            "context": {
                "date": "2025-01-31T12:00:00+00:00", "host_name": "nowhere", "num_cpus": self.cpus,
                "machine": {"summary": f"FIXTURE: invented numbers, no machine ({self.cpus} CPUs)",
                            "identity": {"allowed_cpus": list(range(self.cpus))}},
                "build": {"commit": "none", "compiler": "none", "flags": ""},
                "run": {"profile": "fixture", "filter": "", "rounds": self.rounds, "complete": True,
                        **({"floors": True, "awake": True} if self.limits else {})},
                **({"classes": {"source": "probes", "thresholds": {"smt": 90.0, "same_l3": 260.0}, "counts": {}}}
                   if self.limits else {}),
                "warnings": [{"id": "fixture", "severity": "warning", "what": "these numbers are invented",
                              "means": "they say nothing about any machine", "type": "./shmoo run"}],
            },
            "benchmarks": self.rows, "failures": self.failures, "skipped": self.skipped,
        }


def make(grid: str = "standard", rounds: int = 3, seed: int = 1, cpus: int = 4, limits: bool = False) -> dict:
    """The document; the same for the same arguments."""
    fixture = Fixture(rounds, seed, cpus, limits).fill(GRID[grid])
    return (fixture.fill_limits(GRID[grid]) if limits else fixture).document()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out")
    parser.add_argument("--grid", choices=GRID, default="standard")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--cpus", type=int, default=4)
    parser.add_argument("--limits", action="store_true")
    options = parser.parse_args()
    with open(options.out, "w", encoding="utf-8") as file:
        json.dump(make(options.grid, options.rounds, options.seed, options.cpus, options.limits), file, indent=1)
