"""What the contracts and workloads are called in titles: what one operation is, and what the size is the size of."""
from __future__ import annotations

from .reading import Cell

CONTRACTS = ("globals", "value", "array", "queue", "dict")
"""Display order; contracts that are not listed follow in the order of the file."""

_SIZES = {
    "globals": "resident memory of the parent",
    "value": "size of the value",
    "array": "size of the array",
    "queue": "payload of an item",
    "dict": "size of the stored value",
}

_OPERATIONS = {
    "globals/fork": "fork a process that exits at once, and wait for it",
    "globals/first_write": "write to a page for the first time after fork",
    "value/read": "one process reads the value that all share",
    "value/write": "one process sets the value that all share",
    "value/increment": "one process adds 1 to the value that all share",
    "value/read_mostly": "one reader copies the struct that another process keeps changing",
    "array/element": "one process gets or sets one element at random",
    "array/slice_read": "one process copies the whole array out",
    "array/slice_write": "one process copies a buffer of its own over the whole array",
    "array/fill": "one process computes one square and sets it in its part; one process reads all at the end",
    "queue/round_trip": "one item to another process and one item back",
    "queue/paced": "one item, from when it was due to be sent until it is read",
    "queue/stream": "one item delivered from one producer to one consumer",
    "queue/fan_in": "one item delivered from one of many producers to one consumer",
    "queue/fan_out": "one item delivered from one producer to one of many consumers",
    "queue/mesh": "one item delivered from one of many producers to one of many consumers",
    "dict/get": "one process gets one value by its key",
    "dict/set": "one process sets one value by its key",
    "dict/update": "one process sets 100 keys at once",
    "dict/pipeline": "one process gets or sets one key, with as many calls in flight as depth says",
    "dict/create_drop": "one process makes an empty dict and drops it",
    "dict/nested": "one process gets one key out of a dict in a dict, as far down as depth says",
    "dict/mixed": "one process gets (90 %) or sets (10 %) one value by its key",
}

CLASSES = {
    "same_cpu": "processes that share a CPU",
    "smt": "threads of one core",
    "same_l3": "cores with one L3 cache",
    "far": "cores without a common cache",
}
"""Where a team's CPUs may sit, nearest first."""

_PROBES = {
    "cache_line": "the round trip of a cache line",
    "block_stream": "messages published 256 at a time",
    "copy": "memcpy of the same bytes",
    "fetch_add": "an atomic addition",
    "syscall": "system calls",
    "futex": "a hand-off by futex",
    "pipe": "the round trip of a byte in a pipe",
    "fork": "a bare fork with as much memory",
    "page_fault": "a page fault",
    "echo_socket": "a server that only echoes",
    "echo_tcp": "a server that only echoes",
    "echo_shm": "a server that only echoes",
}


def operation(contract: str, workload: str) -> str:
    """What one operation is, as a phrase; empty for a workload that is not known here."""
    return _OPERATIONS.get(f"{contract}/{workload}", "")


def probe(name: str) -> str:
    """What a floor is the time of; the name itself for a probe that is not known here."""
    return _PROBES.get(name, name)


def team_class(name: str | None) -> str:
    """What a class means; empty for one that is not known here."""
    return CLASSES.get(name or "", "")


def paced(cell: Cell) -> bool:
    """Whether the suite prescribes the rate: the time is a latency then, to be compared at the same load only."""
    return cell.key.workload == "paced" or bool(cell.axis("load"))


def size(contract: str) -> str:
    """What `bytes` means."""
    return _SIZES.get(contract, "size")


def contracts(cells: list[Cell]) -> list[str]:
    """The contracts of a file in display order."""
    found = list(dict.fromkeys(cell.key.contract for cell in cells))
    return [c for c in CONTRACTS if c in found] + [c for c in found if c not in CONTRACTS]


def workloads(cells: list[Cell], contract: str) -> list[str]:
    """The workloads of a contract in display order."""
    found = list(dict.fromkeys(cell.key.workload for cell in cells if cell.key.contract == contract))
    known = [name.partition("/")[2] for name in _OPERATIONS if name.startswith(contract + "/")]
    return [w for w in known if w in found] + [w for w in found if w not in known]
