"""The program from outside: what it prints, what it writes, how it ends, and that nothing is left.

Runs the built program named by $SHMOO. Every wait has a deadline; nothing here asserts that something is fast.
"""
import json
import os
import pathlib
import signal
import subprocess
import time

import jsonschema
import pytest

SHMOO = os.environ["SHMOO"]
TOP = pathlib.Path(__file__).resolve().parents[2]
COMPARE = pathlib.Path("/usr/share/benchmark/compare.py")
LIMIT = 120  # seconds; far beyond what any call takes

FEW = "value/increment/(atomic|mutex)/bytes:8/procs:[14]$"

DEMO = """globals after fork
inside process: [4, 9, 16, 25, 64, 361]
outside process: []
array
inside process: [4, 9, 16, 25, 64, 361]
outside process: [4, 9, 16, 25, 64, 361]
value
value inside process: 11.24
value outside process: 11.24
queue
4 9 16 25 64 361
manager
dictionary within process: {'a': 10, 'b': 20, 'c': 30}
dictionary outside process: {'a': 10, 'b': 20, 'c': 30}
"""


def call(*words, **options):
    return subprocess.run([SHMOO, *words], capture_output=True, text=True, timeout=LIMIT, stdin=subprocess.DEVNULL, **options)


def measured(path, *words, expect=0):
    done = call("run", "--out", str(path), *words)
    assert done.returncode == expect, done.stderr
    return json.loads(path.read_text())


def assert_one_line(done, *parts):
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("shmoo: ") and done.stderr.count("\n") == 1, done.stderr
    for part in parts:
        assert part in done.stderr


def session_members(session):
    """Processes of a session, zombies left out: {pid: (parent, command line)}."""
    found = {}
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found[int(entry.name)] = (int(fields[1]), command)
    return found


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.01)  # polls another process; how long it takes decides nothing


class Running:
    """A long run in a session of its own, with temporary folders of its own."""

    def __init__(self, folder, filter_=FEW, *words):
        self.out = folder / "r.json"
        self.journal = folder / "r.json.journal"
        (folder / "tmp").mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "XDG_RUNTIME_DIR": str(folder / "tmp")}
        self.process = subprocess.Popen(
            [SHMOO, "run", "--rounds", "5000", "--filter", filter_, "--out", str(self.out), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment)

    def samples(self):
        return self.journal.read_text().count('{"sample"') if self.journal.exists() else 0

    def wait_for_samples(self, count=1):
        wait_until(lambda: self.samples() >= count, "samples in the journal")

    def members(self):
        return session_members(self.process.pid)

    def finish(self):
        self.stdout, self.stderr = self.process.communicate(timeout=LIMIT)
        return self.process.returncode


@pytest.fixture
def running(tmp_path):
    started = []

    def start(*words):
        started.append(Running(tmp_path, *words))
        return started[-1]

    yield start
    for one in started:
        for pid in one.members():
            os.kill(pid, signal.SIGKILL)
        one.process.kill()
        one.process.wait()


def test_the_demo_prints_the_notebook():
    done = call("demo")
    assert done.returncode == 0
    assert done.stdout == DEMO


def test_a_section_of_the_demo_can_be_had_alone():
    assert call("demo", "value").stdout == "value\nvalue inside process: 11.24\nvalue outside process: 11.24\n"


def test_an_unknown_verb_flag_value_section_or_filter_is_one_line():
    assert_one_line(call("frobnicate"), "frobnicate")
    assert_one_line(call("run", "--frobnicate"), "--frobnicate")
    assert_one_line(call("run", "--rounds", "many"), "--rounds")
    assert_one_line(call("run", "--profile", "huge"), "--profile", "huge")
    assert_one_line(call("run", "--filter", "("), "--filter")
    assert_one_line(call("run", "--filter", "no such cell"), "no such cell")
    assert_one_line(call("demo", "frobnicate"), "frobnicate")
    assert_one_line(call("bench", "--frobnicate"), "--frobnicate")
    assert_one_line(call("plot"), "RESULTS")
    assert_one_line(call("bench", "--plan", input=None), "plan")


def test_a_place_that_cannot_be_written_is_told_before_anything_is_measured(tmp_path):
    assert_one_line(call("run", "--out", str(tmp_path / "missing" / "r.json")), "missing/r.json", "--out")
    assert list(tmp_path.iterdir()) == []


def test_the_list_names_every_contract_and_says_why_a_cell_is_skipped():
    cells = json.loads(call("list", "--json").stdout)
    assert {cell["contract"] for cell in cells} == {"globals", "value", "array", "queue", "dict"}
    names = [cell["name"] for cell in cells]
    assert len(set(names)) == len(names)
    skipped = [cell for cell in cells if "skipped" in cell]
    assert skipped and all(cell["skipped"] for cell in skipped)
    plain = call("list").stdout.splitlines()
    assert len(plain) == len(cells)


def test_a_results_file_keeps_to_the_schema_and_holds_a_row_per_cell_and_round(tmp_path):
    file = measured(tmp_path / "r.json", "--filter", FEW, "--rounds", "2")
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    rows = [(row["name"], row["repetition_index"]) for row in file["benchmarks"]]
    assert len(rows) == 8 and len(set(rows)) == 8
    for row in file["benchmarks"]:
        assert row["iterations"] == next(r["iterations"] for r in file["benchmarks"] if r["name"] == row["name"])
    assert file["context"]["run"]["complete"] is True
    assert list(tmp_path.iterdir()) == [tmp_path / "r.json"]


def test_skipped_cells_stand_in_the_file_with_their_reason(tmp_path):
    file = measured(tmp_path / "r.json", "--filter", "value/read_mostly/(atomic|seqlock)/.*/procs:2$", "--rounds", "1")
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    assert any("/atomic/" in skipped["name"] and skipped["reason"] for skipped in file["skipped"])


@pytest.mark.skipif(not COMPARE.exists(), reason="Debian package libbenchmark-tools is not installed")
def test_google_benchmarks_compare_reads_two_of_our_files(tmp_path):
    for name in ("a.json", "b.json"):
        measured(tmp_path / name, "--filter", FEW, "--rounds", "3")
    done = subprocess.run(["/usr/bin/python3", str(COMPARE), "benchmarks", "a.json", "b.json"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    assert "value/increment/atomic/bytes:8/procs:1" in done.stdout


def test_bench_takes_google_benchmarks_flags(tmp_path):
    out = tmp_path / "b.json"
    done = call("bench", "--filter", "value/increment/atomic/bytes:8/procs:1$", "--benchmark_min_time=0.001",
                f"--benchmark_out={out}", "--benchmark_out_format=json")
    assert done.returncode == 0, done.stderr
    row = json.loads(out.read_text())["benchmarks"][0]
    assert row["name"].startswith("value/increment/atomic/bytes:8/procs:1") and row["real_time"] > 0


def test_one_cpu_is_enough(tmp_path):
    cpu = min(os.sched_getaffinity(0))
    done = subprocess.run(["taskset", "-c", str(cpu), SHMOO, "run", "--filter", FEW, "--rounds", "1", "--out",
                           str(tmp_path / "r.json")], capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    rows = json.loads((tmp_path / "r.json").read_text())["benchmarks"]
    assert {row["procs"]: row["oversubscribed"] for row in rows} == {1: False, 4: True}


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_being_asked_to_stop_keeps_what_was_measured_and_leaves_nothing(tmp_path, running, number):
    run = running("^dict/set/manager/bytes:64/|" + FEW)
    run.wait_for_samples(8)
    run.process.send_signal(number)
    assert run.finish() == 128 + number
    assert "interrupted; kept what was measured" in run.stdout
    file = json.loads(run.out.read_text())
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    assert len(file["benchmarks"]) >= 8 and file["context"]["run"]["complete"] is False
    assert run.members() == {}
    assert not run.journal.exists()
    assert list((tmp_path / "tmp").iterdir()) == []


def test_a_killed_run_takes_its_processes_along_and_the_next_removes_what_it_left(tmp_path, running):
    run = running("^dict/set/manager/bytes:64/|" + FEW)
    run.wait_for_samples(8)
    run.process.kill()
    run.finish()
    wait_until(lambda: run.members() == {}, "the end of every process of a killed run")
    leftover = tmp_path / "tmp" / f"shmoo.{run.process.pid}.made-up"
    leftover.mkdir()
    measured_again = subprocess.run(
        [SHMOO, "run", "--rounds", "1", "--filter", FEW, "--out", str(run.out)], capture_output=True, text=True,
        timeout=LIMIT, env={**os.environ, "TMPDIR": str(tmp_path / "tmp")})
    assert measured_again.returncode == 0, measured_again.stderr
    assert str(leftover) in measured_again.stderr
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not run.journal.exists()


def test_a_killed_member_costs_one_sample_and_is_named(running):
    # A cell whose launches are long enough to be hit: the harness itself finds out, whenever the signal comes.
    run = running("queue/round_trip/pipe/bytes:64/procs:2$")
    run.wait_for_samples()

    def hit():
        members = run.members()
        benches = [pid for pid, (parent, _) in members.items() if parent == run.process.pid]
        for pid, (parent, _) in members.items():
            if parent in benches:
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    # Again and again: what was hit may have been on its way out, or one who merely keeps a CPU awake.
    wait_until(lambda: hit() and '{"failure"' in run.journal.read_text(), "the failure in the journal")
    before = run.samples()
    run.wait_for_samples(before + 1)
    run.process.send_signal(signal.SIGINT)
    run.finish()
    failure = json.loads(run.out.read_text())["failures"][0]
    assert failure["name"] == "queue/round_trip/pipe/bytes:64/procs:2"
    assert "member" in failure["reason"] and "SIGKILL" in failure["reason"]


def test_a_killed_round_costs_one_cell_and_the_run_goes_on(running):
    run = running()
    run.wait_for_samples()
    bench = next(pid for pid, (parent, _) in run.members().items() if parent == run.process.pid)
    os.kill(bench, signal.SIGKILL)
    before = run.samples()
    run.wait_for_samples(before + 20)
    run.process.send_signal(signal.SIGINT)
    run.finish()
    failures = json.loads(run.out.read_text())["failures"]
    assert len(failures) <= 1 and all("SIGKILL" in failure["reason"] for failure in failures)


def test_a_deadline_that_passes_is_a_failure_and_exit_code_1(tmp_path):
    file = measured(tmp_path / "r.json", "--filter", "^globals/fork/private/bytes:1073741824/procs:1$", "--profile", "full",
                    "--rounds", "1", "--deadline", "0.1", expect=1)
    assert file["benchmarks"] == []
    assert "deadline of 100 ms" in file["failures"][0]["reason"]


def test_plain_lines_come_where_no_terminal_is(tmp_path):
    done = call("run", "--filter", FEW, "--rounds", "1", "--out", str(tmp_path / "r.json"))
    assert "round 1/1" in done.stderr
    assert "\r" not in done.stderr and "\033" not in done.stderr
