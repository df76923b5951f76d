"""The house keeps its shape: arrows point one way, system calls stand in one place, a thing is listed once."""
import pathlib
import re

import pytest

TOP = pathlib.Path(__file__).resolve().parents[2]

# Which folders a folder may include, besides itself. What is not listed is not allowed.
MAY_INCLUDE = {
    "src/posix": set(),
    "src/sync": {"posix"},
    "src/share": {"posix", "sync"},
    "src/results": {"posix"},
    "src/machine": {"posix"},
    "bench/harness": {"posix", "sync", "share", "results", "machine"},
    "bench/workloads": {"posix", "sync", "share", "harness"},
    "bench/cli": {"posix", "share", "results", "machine", "harness"},
    "bench/figures": {"posix", "share", "sync", "harness"},
}
# System headers that are no door to a system call: types, and locks that glibc brings.
HARMLESS = {"sys/types.h", "pthread.h", "semaphore.h", "time.h"}
SYSTEM = re.compile(r"^(sys|linux|netinet|arpa)/|^(unistd|fcntl|poll|sched|signal|mqueue|dirent|termios|spawn)\.h$")


def sources(folder):
    return [path for path in sorted((TOP / folder).rglob("*")) if path.suffix in (".hpp", ".cpp")]


def includes(path):
    return re.findall(r'^#include (?:"([^"]+)"|<([^>]+)>)', path.read_text(), re.MULTILINE)


@pytest.mark.parametrize("folder", MAY_INCLUDE)
def test_arrows_point_one_way(folder):
    assert sources(folder), f"{folder} has gone: the table above is out of date"
    allowed = MAY_INCLUDE[folder] | {folder.split("/")[1]}
    wrong = [f"{path.relative_to(TOP)} includes {ours}" for path in sources(folder) for ours, _ in includes(path)
             if "/" in ours and ours.split("/")[0] not in allowed]
    assert wrong == []


def test_every_folder_of_code_is_in_the_table():
    folders = {f"{part}/{path.relative_to(TOP / part).parts[0]}" for part in ("src", "bench") for path in sources(part)
               if len(path.relative_to(TOP / part).parts) > 1}
    assert folders == set(MAY_INCLUDE)


def test_system_calls_stand_in_posix_alone():
    wrong = [f"{path.relative_to(TOP)} includes <{theirs}>" for part in ("src", "bench") for path in sources(part)
             if not path.is_relative_to(TOP / "src" / "posix") and not path.is_relative_to(TOP / "bench" / "figures")
             for _, theirs in includes(path) if SYSTEM.search(theirs) and theirs not in HARMLESS]
    assert wrong == []


def test_libraries_and_mechanisms_know_nothing_of_google_benchmark():
    wrong = [str(path.relative_to(TOP)) for path in sources("src") if "benchmark" in path.read_text().lower()
             and re.search(r"benchmark::|<benchmark/", path.read_text())]
    assert wrong == []


def test_a_workload_names_no_mechanism():
    names = {name for path in sources("src/share") for name in re.findall(r'\.name = "([a-z_]+)"', path.read_text())}
    assert len(names) > 15
    wrong = [f"{path.name}: {word}" for path in sources("bench/workloads")
             for word in re.findall(r'"([a-z_]+)"', path.read_text()) if word in names - {"private"}]
    assert wrong == []


def test_nothing_is_left_undone():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    wrong = [str(path.relative_to(TOP)) for part in ("src", "bench", "plots") for path in sorted((TOP / part).rglob("*"))
             if path.suffix in (".hpp", ".cpp", ".py") and marks.search(path.read_text())]
    assert wrong == []
