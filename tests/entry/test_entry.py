"""The entry script, on a small project that takes the place of ours: what it says, what it builds, how it refuses.

Each test gets a checkout of its own, in a folder with a space in its name, that holds the real entry, the real packages.txt
and the real presets. Programs that would change the machine (apt-get, sudo) are replaced by scripts that write down what
they were asked for; dpkg-query is always such a script, so no test depends on what is installed.
"""
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import tempfile
import time

import pytest

SOURCE = pathlib.Path(__file__).resolve().parents[2]
PACKAGES = [line.split()[:2] for line in (SOURCE / "packages.txt").read_text().splitlines() if line and line[0] != "#"]
NOBODY = 65534
DEADLINE = 60  # seconds; generous, only against hanging

PROGRAM = """
#include <cstdio>
#include <cstdlib>
#include <unistd.h>
int main(int argc, char** argv) {
  char folder[4096];
  std::printf("in %s:", getcwd(folder, sizeof folder));
  for (int at = 1; at < argc; ++at) std::printf(" [%s]", argv[at]);
  std::printf("\\n");
  return argc > 2 ? std::atoi(argv[2]) : 0;
}
"""
PROJECT = """
cmake_minimum_required(VERSION 3.22)
project(tiny LANGUAGES CXX)
add_executable(shmoo bench/main.cpp)
if(SHMOO_TESTS)
  enable_testing()
  add_test(NAME good COMMAND true)
  add_test(NAME bad COMMAND test ! -e ${PROJECT_SOURCE_DIR}/broken)
endif()
"""


class Checkout:
    def __init__(self, folder):
        self.base = folder
        self.root = folder / "a checkout"
        self.fakes = folder / "fakes"
        self.state = folder / "installed"
        self.calls = folder / "calls"
        for name in ("src", "bench", "cmake", ".ci"):
            (self.root / name).mkdir(parents=True)
        self.fakes.mkdir()
        for name in ("shmoo", "packages.txt", "CMakePresets.json", ".ci/run"):
            shutil.copy(SOURCE / name, self.root / name)
        (self.root / "CMakeLists.txt").write_text(PROJECT)
        (self.root / "bench/main.cpp").write_text(PROGRAM)
        self.installed([name for name, _ in PACKAGES])
        self.calls.write_text("")
        self.fake("dpkg-query", f"cat '{self.state}'")
        self.fake("apt-get", f"echo \"apt-get $*\" >> '{self.calls}'; exit 1")
        self.fake("sudo", "exit 1")

    def installed(self, names, version="1"):
        self.state.write_text("".join(f"{name} installed {version}\n" for name in names))

    def fake(self, name, script):
        path = self.fakes / name
        path.write_text(f"#!/bin/sh\n{script}\n")
        path.chmod(0o755)

    def only(self, *names):
        """A PATH with the fakes and nothing of the machine's but these programs."""
        folder = self.base / "only"
        folder.mkdir()
        for name in names:
            (folder / name).symlink_to(shutil.which(name))
        return f"{self.fakes}:{folder}"

    def command(self, *args, as_nobody=False, entry=None):
        command = [str(entry or self.root / "shmoo"), *args]
        if as_nobody and os.geteuid() == 0:
            command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *command]
        return command

    def environment(self, path=None, **more):
        return {"PATH": path or f"{self.fakes}:{os.environ['PATH']}", "HOME": str(self.base), **more}

    def run(self, *args, cwd=None, path=None, as_nobody=False, entry=None, **more):
        return subprocess.run(self.command(*args, as_nobody=as_nobody, entry=entry), cwd=cwd or self.root,
                              env=self.environment(path, **more), stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE)

    def start(self, *args):
        return subprocess.Popen(self.command(*args), cwd=self.root, env=self.environment(), stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)

    def slow_build(self):
        """A build that goes on until the file `go` is there, and that says so by the file `building`."""
        script = self.base / "slow.sh"
        script.write_text(f"touch '{self.base}/building'\nwhile [ ! -e '{self.base}/go' ]; do sleep 0.05; done\ntouch slow\n")
        (self.root / "CMakeLists.txt").write_text(
            PROJECT + f'add_custom_command(OUTPUT slow COMMAND sh "{script}" COMMENT "Building slowly" VERBATIM)\n'
            "add_custom_target(wait DEPENDS slow)\nadd_dependencies(shmoo wait)\n")

    def wait_for_slow_build(self):
        until = time.monotonic() + DEADLINE
        while not (self.base / "building").exists():
            assert time.monotonic() < until
            time.sleep(0.02)

    def go(self):
        (self.base / "go").touch()


@pytest.fixture
def checkout():
    # Not pytest's own folder, which other users cannot enter.
    folder = pathlib.Path(tempfile.mkdtemp(prefix="shmoo-entry-"))
    folder.chmod(0o755)
    try:
        yield Checkout(folder)
    finally:
        for path in folder.rglob("*"):
            if path.is_dir() and not path.is_symlink():
                path.chmod(path.stat().st_mode | stat.S_IRWXU)
        shutil.rmtree(folder)


def one_line(result):
    assert result.returncode == 2
    assert result.stdout == ""
    assert re.fullmatch(r"shmoo: [^\n]+\n", result.stderr), result.stderr
    return result.stderr


def names_in(text):
    """The packages that a message names, in its order."""
    known = {name for name, _ in PACKAGES}
    return [word for word in re.split(r"[^a-z0-9+.-]+", text) if word in known]


def needing(*needs):
    return [name for name, need in PACKAGES if need in needs]


def test_packages_txt_has_a_name_a_known_need_and_a_reason_per_line():
    lines = [line for line in (SOURCE / "packages.txt").read_text().splitlines() if line and line[0] != "#"]
    for line in lines:
        name, need, reason = line.split(maxsplit=2)
        assert re.fullmatch(r"[a-z0-9][a-z0-9+.-]+", name) and need in ("build", "plot", "test", "peer") and reason
    assert len({line.split()[0] for line in lines}) == len(lines)


@pytest.mark.skipif("SHMOO" not in os.environ, reason="no built program given")
def test_help_names_the_verbs_of_the_program_and_test():
    program = subprocess.run([os.environ["SHMOO"], "--help"], capture_output=True, text=True, timeout=DEADLINE)
    in_program = set(re.findall(r"^  ([a-z]+) ", program.stdout.split("Subcommands:")[1], re.M))
    entry = subprocess.run([SOURCE / "shmoo"], capture_output=True, text=True, timeout=DEADLINE)
    assert entry.returncode == 0
    assert set(re.findall(r"^  ([a-z]+) ", entry.stdout, re.M)) == in_program | {"test"}


def test_help_needs_no_package_and_no_build(checkout):
    checkout.installed([])
    for args in ([], ["--help"], ["-h"], ["help"]):
        result = checkout.run(*args)
        assert result.returncode == 0 and result.stdout.startswith("usage: ./shmoo VERB")
    assert not (checkout.root / "build").exists()


def test_an_unknown_verb_is_refused_in_one_line_before_anything_is_built(checkout):
    assert "'frobnicate'" in one_line(checkout.run("frobnicate"))
    assert not (checkout.root / "build").exists()


def test_the_program_gets_arguments_and_folder_of_the_caller_and_gives_its_exit_code(checkout):
    result = checkout.run("list", "7", "two words", "", cwd="/")
    assert result.returncode == 7
    assert result.stdout == "in /: [list] [7] [two words] []\n"
    assert re.fullmatch(r"shmoo: building release, \d+ steps \(log: .*/build/release/build.log\)\n"
                        r"shmoo: built release in \d+ s\n", result.stderr)
    assert "Building" in (checkout.root / "build/release/build.log").read_text()


def test_nothing_is_said_when_there_is_nothing_to_do(checkout):
    checkout.run("list")
    start = time.monotonic()
    result = checkout.run("list")
    print(f"the entry took {1000 * (time.monotonic() - start):.0f} ms with everything up to date")
    assert (result.returncode, result.stderr) == (0, "")
    assert "Building" in (checkout.root / "build/release/build.log").read_text(), "the log of the last real build stays"
    assert checkout.calls.read_text() == ""


def test_a_changed_source_is_built_again(checkout):
    checkout.run("list")
    source = checkout.root / "bench/main.cpp"
    source.write_text(PROGRAM.replace("in %s:", "at %s:"))
    assert checkout.run("list", cwd="/").stdout == "at /: [list]\n"


def test_it_works_through_a_symlink_from_another_folder(checkout):
    link = checkout.base / "link"
    link.symlink_to(checkout.root / "shmoo")
    (checkout.base / "again").symlink_to("link")
    for entry in (link, "./again"):
        assert checkout.run("list", cwd=checkout.base, entry=entry).stdout == f"in {checkout.base}: [list]\n"


def test_it_works_with_path_and_home_alone_and_without_a_terminal(checkout):
    path = f"{checkout.fakes}:/usr/bin:/bin"
    result = subprocess.run(["env", "-i", f"PATH={path}", "HOME=/nonexistent", *checkout.command("list")], cwd="/",
                            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE, start_new_session=True)
    assert result.stdout == "in /: [list]\n"


def test_without_the_right_to_install_one_line_names_exactly_what_is_missing(checkout):
    checkout.installed([name for name, _ in PACKAGES if name not in ("g++", "libfmt-dev", "python3-numpy", "libgtest-dev")])
    for verb, expected in (("list", ["g++", "libfmt-dev"]), ("run", ["g++", "libfmt-dev", "python3-numpy"]),
                           ("test", ["g++", "libfmt-dev", "python3-numpy", "libgtest-dev"])):
        assert names_in(one_line(checkout.run(verb, as_nobody=True))) == expected
    assert checkout.calls.read_text() == ""


def test_peers_are_installed_for_tests_alone_and_done_without_where_they_cannot_be(checkout):
    checkout.installed([name for name, need in PACKAGES if need != "peer"])
    assert checkout.run("list").stderr.count("redis") == 0
    result = checkout.run("test", as_nobody=False)
    assert result.returncode == 0
    assert f"going on without {' '.join(needing('peer'))}" in result.stderr
    installing_apt(checkout)
    checkout.calls.write_text("")
    assert checkout.run("test").returncode == 0
    installs = [call for call in checkout.calls.read_text().splitlines() if " install " in call]
    assert names_in(installs[-1]) == needing("peer")


def test_packages_that_were_removed_but_not_purged_are_missing(checkout):
    checkout.state.write_text(checkout.state.read_text().replace("cmake installed", "cmake config-files"))
    assert names_in(one_line(checkout.run("doctor", as_nobody=True))) == ["cmake"]


def test_without_apt_one_line_names_all_that_is_needed(checkout):
    path = checkout.only("bash", "sh", "readlink", "cat")
    (checkout.fakes / "apt-get").unlink()
    (checkout.fakes / "dpkg-query").unlink()
    message = one_line(checkout.run("run", path=path))
    assert names_in(message) == needing("build", "plot")
    assert "SHMOO_PACKAGES=skip" in message


def test_whoever_has_everything_by_other_means_says_so_and_builds(checkout):
    checkout.installed([])
    assert checkout.run("list", SHMOO_PACKAGES="skip").returncode == 0


def installing_apt(checkout, needs_update=False):
    """An apt-get that notes its calls and makes dpkg-query find what it was asked for."""
    refused = f"grep -q update '{checkout.calls}' || exit 100" if needs_update else ":"
    checkout.fake("apt-get", f"""
echo "apt-get $* [$DEBIAN_FRONTEND]" >> '{checkout.calls}'
case "$*" in *update*) exit 0;; esac
{refused}
for word; do case $word in -*|*=*|install) ;; *) echo "$word installed 1" >> '{checkout.state}';; esac; done""")
    checkout.fake("sudo", '[ "$1" = -n ] && exit 0\n[ "$1" = -v ] && exit 0\nexec "$@"')


def test_missing_packages_are_installed_once_without_questions(checkout):
    checkout.installed([name for name in needing("build", "plot") if name not in ("g++", "python3-matplotlib")])
    installing_apt(checkout)
    result = checkout.run("run", cwd="/")
    assert result.stdout == "in /: [run]\n"
    installs = [call for call in checkout.calls.read_text().splitlines() if " install " in call]
    assert names_in(installs[-1]) == ["g++", "python3-matplotlib"]
    assert " -y " in installs[-1] and installs[-1].endswith("[noninteractive]")
    before = checkout.calls.read_text()
    checkout.run("run")
    assert checkout.calls.read_text() == before


def test_lists_of_packages_are_fetched_when_they_are_too_old(checkout):
    checkout.installed(needing("plot", "test"))
    installing_apt(checkout, needs_update=True)
    assert checkout.run("list", cwd="/").stdout == "in /: [list]\n"
    assert len([call for call in checkout.calls.read_text().splitlines() if "update" in call]) == 1


def test_an_installation_that_fails_ends_with_the_packages(checkout):
    checkout.installed([name for name, _ in PACKAGES if name != "libboost-dev"])
    checkout.fake("sudo", '[ "$1" = -n ] && exit 0\nexec "$@"')
    checkout.fake("apt-get", "echo 'E: no network'; exit 100")
    result = checkout.run("list")
    assert result.returncode == 2
    assert "E: no network" in result.stderr
    assert names_in(result.stderr.splitlines()[-1]) == ["libboost-dev"]


def test_a_package_of_another_version_makes_cmake_look_again(checkout):
    checkout.run("list")
    log = checkout.root / "build/release/configure.log"
    log.unlink()
    checkout.run("list")
    assert not log.exists()
    checkout.installed([name for name, _ in PACKAGES], version="2")
    assert checkout.run("list").returncode == 0
    assert log.exists()


def test_a_cmake_that_is_too_old_is_named(checkout):
    checkout.fake("cmake", "echo cmake version 3.18.4")
    assert "3.18" in one_line(checkout.run("list"))


def test_a_tool_that_is_not_in_path_is_named(checkout):
    path = checkout.only("bash", "sh", "cat", "readlink", "mkdir", "flock")
    assert "cmake is not in PATH" in one_line(checkout.run("list", path=path, SHMOO_PACKAGES="skip"))


def test_a_build_that_fails_shows_the_end_of_its_log(checkout):
    (checkout.root / "bench/main.cpp").write_text("int main() { return nothing_of_that_name; }\n")
    result = checkout.run("list")
    assert result.returncode == 2
    assert "nothing_of_that_name" in result.stderr
    last = result.stderr.splitlines()[-1]
    log = re.fullmatch(r"shmoo: the build of release failed \(log: (.*)\)", last).group(1)
    assert "nothing_of_that_name" in pathlib.Path(log).read_text()
    assert checkout.run("list").returncode == 2, "a failed build is tried again"


def test_a_project_that_cannot_be_configured_shows_the_end_of_its_log(checkout):
    (checkout.root / "CMakeLists.txt").write_text("message(FATAL_ERROR nothing_of_that_kind)\n")
    result = checkout.run("list")
    assert result.returncode == 2
    assert "nothing_of_that_kind" in result.stderr
    (checkout.root / "CMakeLists.txt").write_text(PROJECT)
    assert checkout.run("list").returncode == 0


def lock_up(folder):
    """Takes the right to write from everybody; as root, tests then run the entry as nobody."""
    for path in [folder, *folder.rglob("*")]:
        if not path.is_symlink():
            path.chmod(path.stat().st_mode & ~0o222)


def test_a_read_only_checkout_is_refused_in_one_line_or_built_elsewhere(checkout):
    lock_up(checkout.root)
    message = one_line(checkout.run("list", as_nobody=True))
    assert "build/release" in message and "SHMOO_BUILD_DIR" in message
    elsewhere = checkout.base / "else where"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    result = checkout.run("list", cwd="/", as_nobody=True, SHMOO_BUILD_DIR=str(elsewhere))
    assert result.stdout == "in /: [list]\n"
    assert (elsewhere / "release/shmoo").exists()


def test_a_build_folder_is_named_from_the_callers_folder(checkout):
    assert checkout.run("list", cwd=checkout.base, SHMOO_BUILD_DIR="out").returncode == 0
    assert (checkout.base / "out/release/shmoo").exists() and not (checkout.root / "build").exists()


def test_what_somebody_else_built_is_used_while_it_is_up_to_date(checkout):
    checkout.run("list")
    lock_up(checkout.root)
    result = checkout.run("list", cwd="/", as_nobody=True)
    assert (result.stdout, result.stderr) == ("in /: [list]\n", "")
    os.utime(checkout.root / "bench/main.cpp")
    assert "SHMOO_BUILD_DIR" in one_line(checkout.run("list", as_nobody=True))


def test_a_moved_checkout_is_built_anew(checkout):
    checkout.run("list")
    moved = checkout.base / "moved"
    checkout.root.rename(moved)
    checkout.root = moved
    assert checkout.run("list", cwd="/").stdout == "in /: [list]\n"
    assert str(moved) in (moved / "build/release/CMakeCache.txt").read_text()


def test_two_at_once_build_once_and_both_go_on(checkout):
    checkout.slow_build()
    first = checkout.start("list")
    checkout.wait_for_slow_build()
    second = checkout.start("list")
    # It waits now or will find the build done: either way it must not build at the same time.
    time.sleep(0.3)
    checkout.go()
    outputs = [process.communicate(timeout=DEADLINE) for process in (first, second)]
    assert [process.returncode for process in (first, second)] == [0, 0]
    assert all(stdout.endswith("[list]\n") for stdout, _ in outputs)
    assert "building release" in outputs[0][1] and "building release" not in outputs[1][1]


def test_a_running_program_keeps_nobody_waiting(checkout):
    (checkout.root / "bench/main.cpp").write_text(
        '#include <cstdio>\nint main(int argc, char**) { if (argc > 2) { std::puts("up"); std::fflush(stdout); std::getchar(); } }')
    running = subprocess.Popen(checkout.command("list", "long"), cwd=checkout.root, env=checkout.environment(),
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert running.stdout.readline() == "up\n"
    result = checkout.run("list")
    assert (result.returncode, result.stderr) == (0, "")
    running.communicate("\n", timeout=DEADLINE)


@pytest.mark.parametrize("everybody, number", [(True, signal.SIGINT), (False, signal.SIGINT), (False, signal.SIGTERM), (False, signal.SIGHUP)])
def test_a_signal_ends_the_build_with_all_its_processes_and_the_next_run_goes_on(checkout, everybody, number):
    checkout.slow_build()
    process = checkout.start("list")
    checkout.wait_for_slow_build()
    (os.killpg if everybody else os.kill)(process.pid, number)
    # Ends only when nobody holds the other ends any more.
    stdout, stderr = process.communicate(timeout=DEADLINE)
    assert process.returncode == 128 + number
    assert stdout == "" and stderr.endswith("shmoo: interrupted; the next ./shmoo goes on from here\n")
    checkout.go()
    assert checkout.run("list", cwd="/").stdout == "in /: [list]\n"


def test_the_tests_end_with_ctests_closing_lines_and_its_verdict(checkout):
    for entry in (checkout.root / "shmoo", checkout.root / ".ci/run"):
        args = ["test"] if entry.name == "shmoo" else []
        result = checkout.run(*args, entry=entry, cwd="/")
        assert result.returncode == 0, result.stderr
        assert "100% tests passed, 0 tests failed out of 2" in result.stdout
        assert result.stdout.splitlines()[-1].startswith("Total Test time")
        (checkout.root / "broken").touch()
        result = checkout.run(*args, entry=entry)
        assert result.returncode == 1
        assert "50% tests passed, 1 tests failed out of 2" in result.stdout
        (checkout.root / "broken").unlink()


def test_arguments_of_test_go_to_ctest(checkout):
    result = checkout.run("test", "-R", "good")
    assert "out of 1" in result.stdout
    assert checkout.run("test", "-R", "no such test").returncode == 1


def test_sanitizers_run_both_presets(checkout):
    result = checkout.run("test", "--sanitizers", "-R", "good")
    assert result.returncode == 0
    assert result.stdout.count("100% tests passed") == 2
    assert (checkout.root / "build/asan").exists() and (checkout.root / "build/tsan").exists()
