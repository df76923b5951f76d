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


def is_member(pid, parent):
    """Whether a child of a round's process belongs to a team: not one that keeps a CPU awake or serves a probe, nor a sanitizer's."""
    try:
        command = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
        return command not in ("shmoo-awake", "shmoo-echo") and os.getpgid(pid) != os.getpgid(parent)
    except OSError:
        return False


def wait_until(condition, what):
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain for: {what}"
        time.sleep(0.01)  # polls another process; how long it takes decides nothing


class Running:
    """A long run in a session of its own, with temporary folders of its own."""

    def __init__(self, folder, filter_=FEW, *words, rounds="5000"):
        self.out = folder / "r.json"
        self.journal = folder / "r.json.journal"
        (folder / "tmp").mkdir(exist_ok=True)
        environment = {**os.environ, "TMPDIR": str(folder / "tmp"), "XDG_RUNTIME_DIR": str(folder / "tmp")}
        self.process = subprocess.Popen(
            [SHMOO, "run", "--rounds", rounds, "--filter", filter_, "--out", str(self.out), *words],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment)

    def samples(self):
        return self.journal.read_text().count('{"sample"') if self.journal.exists() else 0

    def wait_for_samples(self, count=1):
        def there():
            assert self.process.poll() is None, f"the run ended: {self.process.communicate()}"
            return self.samples() >= count
        wait_until(there, "samples in the journal")

    def members(self):
        return session_members(self.process.pid)

    def finish(self):
        self.stdout, self.stderr = self.process.communicate(timeout=LIMIT)
        return self.process.returncode


@pytest.fixture
def running(tmp_path):
    started = []

    def start(*words, **options):
        started.append(Running(tmp_path, *words, **options))
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
    assert {cell["contract"] for cell in cells} == {"globals", "value", "array", "queue", "dict", "floor"}
    names = [cell["name"] for cell in cells]
    assert len(set(names)) == len(names)
    skipped = [cell for cell in cells if "skipped" in cell]
    assert skipped and all(cell["skipped"] for cell in skipped)
    plain = call("list").stdout.splitlines()
    assert len(plain) == len(cells)


@pytest.mark.parametrize("mechanism, package", [("redis", "redis-server"), ("python_manager", "python3")])
def test_a_peer_that_is_not_there_is_skipped_and_the_package_named(tmp_path, mechanism, package):
    done = subprocess.run([SHMOO, "list", "--json", "--filter", f"^dict/set/{mechanism}/"], capture_output=True, text=True,
                          timeout=LIMIT, env={**os.environ, "PATH": str(tmp_path)})
    assert done.returncode == 0, done.stderr
    cells = json.loads(done.stdout)
    assert cells and all(package in cell["skipped"] for cell in cells)


PEERS = "^dict/set/(redis|python_manager)/bytes:64/procs:1$"


def test_peers_make_rows_like_all_others_or_are_skipped(tmp_path):
    file = measured(tmp_path / "r.json", "--filter", PEERS, "--rounds", "1")
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    assert {row["mechanism"] for row in file["benchmarks"] + [
        {"mechanism": skipped["name"].split("/")[2]} for skipped in file["skipped"]]} == {"redis", "python_manager"}
    for row in file["benchmarks"]:
        assert row["cpu_ns"] > 0 and row["procs"] == 1


def test_a_killed_run_of_peers_leaves_no_process_and_no_folder(tmp_path, running):
    if all("skipped" in cell for cell in json.loads(call("list", "--json", "--filter", PEERS).stdout)):
        pytest.skip("no peer is installed")
    run = running(PEERS)
    run.wait_for_samples(1)
    run.process.kill()
    run.finish()
    wait_until(lambda: run.members() == {}, "the end of every process of a killed run")
    wait_until(lambda: not [path for path in (tmp_path / "tmp").iterdir() if path.is_dir()], "the end of every folder")


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
    assert "--resume" in run.stdout and run.samples() == len(file["benchmarks"])
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
    assert "unfinished run" in measured_again.stderr and str(run.journal) + ".old" in measured_again.stderr
    assert pathlib.Path(str(run.journal) + ".old").read_text().count('{"sample"') >= 8
    assert list((tmp_path / "tmp").iterdir()) == []
    assert not run.journal.exists()


def stopped_midway(start, number, *words, samples=6, rounds="12"):
    """A run that was ended by a signal, some way into its rounds; another, longer one where it was faster than we."""
    for rounds in (rounds, "60", "300"):
        run = start(FEW, *words, rounds=rounds)
        run.wait_for_samples(samples)
        run.process.send_signal(number)
        if run.finish() != 0:
            run.rounds = rounds
            wait_until(lambda: run.members() == {}, "the end of every process of the run")
            return run
    raise AssertionError("no run could be stopped")


def resumed(run, *words, filter_=FEW, rounds=None):
    return call("run", "--resume", "--rounds", rounds or run.rounds, "--filter", filter_, "--out", str(run.out), *words)


def journal_rows(run):
    entries = [json.loads(line) for line in run.journal.read_text().splitlines() if line.endswith("}")]
    return [entry["sample"] for entry in entries if "sample" in entry]


def by_round(rows):
    found = {(row["name"], row["repetition_index"]): row["real_time"] for row in rows}
    assert len(found) == len(rows), "a cell was measured twice in a round"
    return found


def assert_whole(run, before):
    """Every cell has each of its rounds once, with equal work; what was there before the end has been kept."""
    file = json.loads(run.out.read_text())
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    rows = by_round(file["benchmarks"])
    names = {name for name, _ in rows}
    assert len(names) == 4
    assert set(rows) == {(name, index) for name in names for index in range(int(run.rounds))}
    assert by_round(before).items() <= rows.items()
    for name in names:
        assert len({row["iterations"] for row in file["benchmarks"] if row["name"] == name}) == 1
    assert {row["repetitions"] for row in file["benchmarks"]} == {int(run.rounds)}
    assert file["context"]["run"]["complete"] is True
    assert not run.journal.exists()
    return file


def test_a_killed_run_goes_on_where_it_was(running):
    run = stopped_midway(running, signal.SIGKILL)
    before = journal_rows(run)
    with run.journal.open("a") as journal:
        journal.write('{"sample":{"name":"value/incr')  # a line that was torn
    done = resumed(run)
    assert done.returncode == 0, done.stderr
    file = assert_whole(run, before)
    assert len(file["context"]["run"]["resumed"]) == 1


def test_an_interrupted_run_goes_on_as_often_as_it_takes(running):
    run = stopped_midway(running, signal.SIGINT)
    assert json.loads(run.out.read_text())["context"]["run"]["complete"] is False
    again = Running(run.out.parent, FEW, "--resume", rounds=run.rounds)
    try:
        again.wait_for_samples(len(journal_rows(run)) + 2)
        again.process.send_signal(signal.SIGINT)
        interrupted = again.finish() != 0
    finally:
        again.process.kill()
    if interrupted:
        before = journal_rows(run)
        assert resumed(run).returncode == 0
        file = assert_whole(run, before)
        assert len(file["context"]["run"]["resumed"]) == 2


def test_a_run_goes_on_only_with_what_it_was_begun_with(running):
    run = stopped_midway(running, signal.SIGINT)
    journal = run.journal.read_text()
    assert_one_line(resumed(run, filter_="value/increment/atomic"), "--resume", "--filter", FEW)
    assert_one_line(resumed(run, rounds="7"), "--rounds is 7, was " + run.rounds)
    assert_one_line(resumed(run, "--deadline", "5"), "--deadline")
    assert_one_line(resumed(run, "--profile", "standard"), "--profile", "quick")
    assert_one_line(resumed(run, "--budget", "10m"), "--budget")
    assert_one_line(resumed(run, "--seed", "1"), "--seed")
    assert run.journal.read_text() == journal
    context, _, rest = journal.partition("\n")
    for place, key, what in (("build", "commit", "another build"), ("machine", "kernel", "another machine")):
        changed = json.loads(context)
        inner = changed["context"][place]
        inner = inner["identity"] if place == "machine" else inner
        inner[key] = "made up"
        run.journal.write_text(json.dumps(changed) + "\n" + rest)
        assert_one_line(resumed(run), what, key, "made up")
    run.journal.write_text(journal)
    assert resumed(run).returncode == 0


def test_there_is_nothing_to_resume_without_a_journal(tmp_path):
    assert_one_line(call("run", "--resume", "--out", str(tmp_path / "r.json")), "r.json.journal")
    assert list(tmp_path.iterdir()) == []


def test_two_runs_do_not_write_to_one_journal(running):
    run = running()
    run.wait_for_samples()
    run.rounds = "5000"
    assert_one_line(resumed(run), "another run", str(run.journal))
    assert_one_line(call("run", "--filter", FEW, "--out", str(run.out)), "another run", "--out")
    before = run.samples()
    run.wait_for_samples(before + 1)


def test_a_bad_budget_is_one_line_that_says_what_to_type(tmp_path):
    for bad in ("90", "soon", "-5s", "0s"):
        assert_one_line(call("run", f"--budget={bad}", "--out", str(tmp_path / "r.json")), "--budget", bad, "10m")
    assert_one_line(call("run", "--budget", "10m", "--rounds", "2", "--out", str(tmp_path / "r.json")), "3 rounds")
    assert_one_line(call("run", "--budget", "1s", "--profile", "full", "--out", str(tmp_path / "r.json")), "1s", "3 rounds")
    assert list(tmp_path.iterdir()) == []


def assert_rounds_are_told_truly(file, least=3):
    rounds = {}
    for row in [*file["benchmarks"], *file["failures"]]:
        rounds.setdefault(row["name"], []).append(row.get("repetition_index", row.get("round")))
    for name, indices in rounds.items():
        assert sorted(indices) == list(range(len(indices))) and len(indices) >= least, name
    for row in file["benchmarks"]:
        assert row["repetitions"] == len(rounds[row["name"]])
    assert file["context"]["run"]["rounds"] == max(len(indices) for indices in rounds.values())
    return rounds


@pytest.fixture(scope="module")
def budgeted(tmp_path_factory):
    """A run with a budget that was large enough for this machine as it is now: (what it said, the file)."""
    out = tmp_path_factory.mktemp("budget") / "r.json"
    for budget in ("6s", "25s", "100s"):
        done = call("run", "--filter", FEW, "--budget", budget, "--out", str(out), *(["--resume"] if budget != "6s" else []))
        if done.returncode != 2:
            break
        assert_refuses_the_budget(done, budget)
    assert done.returncode == 0, done.stderr
    return done, out


def assert_refuses_the_budget(done, budget):
    assert f"--budget {budget} cannot hold 3 rounds of 4 cells" in done.stderr and done.stdout == ""


def test_a_budget_gives_each_cell_three_rounds_and_the_widest_more(budgeted):
    done, out = budgeted
    file = json.loads(out.read_text())
    jsonschema.validate(file, json.loads((TOP / "results" / "schema.json").read_text()))
    rounds = assert_rounds_are_told_truly(file)
    assert len(rounds) == 4
    # A machine so busy that 3 rounds fill the budget says so.
    assert max(map(len, rounds.values())) > 3 or "longer than the budget" in done.stdout
    assert "rounds per cell" in done.stdout and "%" in done.stdout
    assert list(out.parent.iterdir()) == [out]


def test_with_a_budget_rounds_are_the_most_of_a_cell(tmp_path):
    file = measured(tmp_path / "r.json", "--filter", FEW, "--budget", "10m", "--rounds", "5")
    assert {len(indices) for indices in assert_rounds_are_told_truly(file).values()} == {5}
    assert file["context"]["run"]["budget_s"] == 600


def test_a_run_with_a_budget_goes_on_too(running):
    run = stopped_midway(running, signal.SIGKILL, "--budget", "20m", samples=15)
    before = journal_rows(run)
    done = resumed(run, "--budget", "10s")  # another one may be given
    assert done.returncode == 0, done.stderr
    file = json.loads(run.out.read_text())
    assert_rounds_are_told_truly(file)
    assert by_round(before).items() <= by_round(file["benchmarks"]).items()
    assert file["context"]["run"]["budget_s"] == 10


@pytest.mark.skipif(not COMPARE.exists(), reason="Debian package libbenchmark-tools is not installed")
def test_google_benchmarks_compare_reads_files_with_unequal_rounds(tmp_path, budgeted):
    measured(tmp_path / "b.json", "--filter", FEW, "--rounds", "4")
    done = subprocess.run(["/usr/bin/python3", str(COMPARE), "benchmarks", str(budgeted[1]), "b.json"], cwd=tmp_path,
                          capture_output=True, text=True, timeout=LIMIT)
    assert done.returncode == 0, done.stderr
    assert "value/increment/mutex/bytes:8/procs:4" in done.stdout


def test_a_killed_member_costs_one_sample_and_is_named(running):
    # A cell whose launches are long enough to be hit: the harness itself finds out, whenever the signal comes.
    run = running("queue/round_trip/pipe/bytes:64/procs:2$")
    run.wait_for_samples()

    def hit():
        members = run.members()
        benches = [pid for pid, (parent, _) in members.items() if parent == run.process.pid]
        for pid, (parent, _) in members.items():
            if parent in benches and is_member(pid, parent):
                os.kill(pid, signal.SIGKILL)
                return True
        return False

    # Again and again: what was hit may have been on its way out.
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
