#!/usr/bin/env python3
"""Draws a results file of `shmoo run`: charts as SVG and PNG, and an index.html that puts them together.

    plots/plot.py RESULTS.json [--out DIR]

The work is done by the package shmooplots beside this file. This entry only finds a Python that has matplotlib and
numpy: the one it was started with, else the first other one on the machine that has them. Exit codes: 0 drawn;
2 usage, input or machine cannot do it, said in one line on stderr; 130 interrupted, and then nothing was written.
"""
import importlib.util
import os
import signal
import subprocess
import sys

NEEDED = ("matplotlib", "numpy")
MARK = "SHMOO_PLOT_INTERPRETER"  # set for the program that replaces this one, so that it does not search again


def candidates():
    """Other Python programs of this machine: the system's first, for that is where packages are installed."""
    found = ["/usr/bin/python3", "/usr/local/bin/python3"]
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        found += [os.path.join(folder, name) for name in ("python3", "python")]
    for path in dict.fromkeys(found):  # by name: a virtual environment's Python is a link to one that has other packages
        if path != sys.executable and os.access(path, os.X_OK):
            yield path


def works(python):
    """Whether this interpreter is at least Python 3.9 and imports what the charts need."""
    check = "import sys; assert sys.version_info >= (3, 9); import " + ", ".join(NEEDED)
    try:
        return subprocess.run([python, "-c", check], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def interrupt(_signal, _frame):
    raise KeyboardInterrupt


def main():
    signal.signal(signal.SIGTERM, interrupt)
    if sys.version_info < (3, 9) or not all(importlib.util.find_spec(name) for name in NEEDED):
        for python in [] if os.environ.get(MARK) else candidates():
            if works(python):
                sys.stdout.flush()
                os.execve(python, [python, os.path.abspath(__file__)] + sys.argv[1:], dict(os.environ, **{MARK: python}))
        print("plot: no Python 3.9 or newer with matplotlib and numpy on this machine: "
              "apt-get install python3-matplotlib", file=sys.stderr)
        return 2
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    from shmooplots.command import run
    return run(sys.argv[1:])


if __name__ == "__main__":
    try:
        status = main()
    except KeyboardInterrupt:
        print("plot: interrupted: nothing was written", file=sys.stderr)
        status = 130
    sys.exit(status)
