"""ringboard run and RINGBOARD_INSTALL=1: programs run as with python, but their writers are ringboard's."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import sysconfig
import textwrap
import venv
from pathlib import Path

import pytest

from tests.scripts import ROOT, TIMEOUT_S

SOURCES = ROOT / "src"
HOOK = SOURCES / "ringboard-install.pth"
ASK = "import tensorboardX; print(tensorboardX.__name__)"


@pytest.fixture(scope="module", params=["hook", "PYTHONPATH"])
def python(request, tmp_path_factory):
    """An environment with ringboard, and with its start-up hook or without."""
    directory = tmp_path_factory.mktemp("venv")
    venv.create(directory, symlinks=True)
    executable = directory / "bin" / "python"
    (packages,) = directory.glob("lib/python*/site-packages")
    (packages / "here.pth").write_text(f"{SOURCES}\n{sysconfig.get_path('purelib')}\n")
    if request.param == "hook":
        (packages / HOOK.name).write_text(HOOK.read_text())
    return str(executable)


@pytest.fixture
def execute(python, tmp_path):
    """Runs `python ARGUMENTS` in tmp_path."""

    def call(*arguments, env=None, stdin=""):
        environment = {name: each for name, each in os.environ.items() if name != "PYTHONPATH"}
        return subprocess.run(
            [python, *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            cwd=tmp_path,
            env=environment | (env or {}),
            timeout=TIMEOUT_S,
            check=False,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        )

    return call


@pytest.fixture
def write(tmp_path):
    def put(name, source):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(source))
        return path

    return put


LOOK = """
import os, sys
if __name__ == "__main__":
    main = sys.modules["__main__"]
    print(sys.argv, sys.path, sys.flags, vars(main).get("__file__"), os.getcwd())
    print(getattr(vars(main).get("__spec__"), "name", None))
    print(sorted(vars(main)), __package__, type(__loader__))
    print([name for name in sys.modules if "ringboard" in name])
    print(sys.stdin.read())
"""


@pytest.mark.parametrize(
    "arguments",
    [
        ["look.py"],
        ["look.py", "-m", "x", "-c", "--", "-h", "--version", "--lr=3", ""],
        ["-m", "look", "-h"],
        ["-mlook", "-h"],
        ["-m", "package.inner", "--x", "run"],
        ["package"],
        ["-c", LOOK, "-c", "-h"],
        ["-", "-h"],
        ["-u", "-X", "dev", "-O", "look.py", "-O"],
    ],
    ids=str,
)
def test_a_program_sees_what_it_sees_with_python(execute, write, arguments):
    for name in ("look.py", "package/inner.py", "package/__main__.py"):
        write(name, LOOK)
    write("package/__init__.py", "")
    stdin = LOOK if arguments[0] == "-" else "some input"
    plain = execute(*arguments, stdin=stdin)
    ours = execute("-m", "ringboard", "run", *arguments, stdin=stdin)
    started = "['_ringboard_startup']"  # all that is there besides
    assert started in ours.stdout
    assert plain.stdout
    assert ours.stdout.replace(started, "[]") == plain.stdout
    assert (ours.returncode, ours.stderr) == (plain.returncode, plain.stderr) == (0, "")


def test_options_before_the_module_are_the_programs_too(execute):
    options = ["-u", "-X", "dev", "-O"]
    program = ["-c", "import sys; print(sys.flags, sys._xoptions)"]
    assert execute(*options, "-m", "ringboard", "run", *program).stdout == execute(*options, *program).stdout


ENDS = {
    "falls off": "pass",
    "number": "import sys; sys.exit(3)",
    "none": "raise SystemExit",
    "text": "raise SystemExit('no such thing')",
    "exception": "def f(): raise ValueError('here')\nf()",
    "chained": "try:\n    1/0\nexcept ZeroDivisionError as e:\n    raise KeyError('k') from e",
    "syntax": "def f(:\n",
    "os._exit": "import os; os._exit(7)",
    "interrupt": "raise KeyboardInterrupt",
    "SIGINT": "import os, signal, time; os.kill(os.getpid(), signal.SIGINT); time.sleep(60)",
    "SIGTERM": "import os, signal, time; os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)",
}


@pytest.mark.parametrize("how", ENDS)
def test_a_program_ends_as_with_python(execute, write, how):
    script = write("end.py", ENDS[how])
    plain = execute(script)
    ours = execute("-m", "ringboard", "run", script)
    assert (ours.returncode, ours.stdout, ours.stderr) == (plain.returncode, plain.stdout, plain.stderr)
    assert "ringboard" not in ours.stderr
    if how == "SIGINT":
        assert ours.returncode == -signal.SIGINT


@pytest.mark.parametrize("arguments", [["nowhere.py"], ["-m", "nowhere"]])
def test_what_is_missing_is_told_by_python(execute, arguments):
    plain, ours = execute(*arguments), execute("-m", "ringboard", "run", *arguments)
    assert ours.returncode == plain.returncode != 0
    assert ours.stderr == plain.stderr


def test_without_a_program_it_says_what_is_expected(execute):
    done = execute("-m", "ringboard", "run")
    assert done.returncode == 2
    assert "-m MODULE" in done.stderr
    assert "train.py" in execute("-m", "ringboard", "run", "--help").stdout


def test_the_writers_are_ours(execute, write, tmp_path):
    script = write(
        "train.py",
        """
        from tensorboardX import SummaryWriter
        from torch.utils.tensorboard import SummaryWriter as TorchWriter
        for place, writer_type in enumerate((SummaryWriter, TorchWriter)):
            with writer_type(f"run{place}") as writer:
                writer.add_scalar("loss", 1.0, 1)
                print(writer.stats()["accepted"])
        """,
    )
    done = execute("-m", "ringboard", "run", script)
    assert done.stdout == "1\n1\n", done.stderr
    assert len(list(tmp_path.glob("run*/*tfevents*"))) == 2
    assert "AttributeError" in execute(script).stderr


@pytest.mark.parametrize("method", ["spawn", "forkserver", "fork", "pool", "subprocess"])
def test_children_have_it_too(execute, write, method):
    script = write(
        "parent.py",
        f"""
        import multiprocessing, subprocess, sys
        from concurrent.futures import ProcessPoolExecutor

        class Task:  # of __main__, which a spawned child must find
            def __call__(self):
                {ASK}
                sys.stdout.flush()

        if __name__ == "__main__":
            method = {method!r}
            if method == "subprocess":
                subprocess.run([sys.executable, "-c", {ASK!r}], check=True)
            elif method == "pool":
                with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
                    pool.submit(Task()).result()
            else:
                process = multiprocessing.get_context(method).Process(target=Task())
                process.start()
                process.join()
                sys.exit(process.exitcode)
        """,
    )
    done = execute("-m", "ringboard", "run", script)
    assert (done.returncode, done.stdout) == (0, "ringboard.tensorboardX\n"), done.stderr


@pytest.mark.parametrize("source", ["print('theirs')", "raise ValueError('theirs')"])
def test_a_sitecustomize_that_there_is_runs(execute, write, source):
    place = write("site/sitecustomize.py", source).parent
    plain = execute("-c", "print('end')", env={"PYTHONPATH": str(place)})
    ours = execute("-m", "ringboard", "run", "-c", "print('end')", env={"PYTHONPATH": str(place)})
    # ringboard run's own interpreter, then the program's.
    assert ours.stdout.count("theirs") == 2 * plain.stdout.count("theirs")
    assert ours.stderr.count("ValueError: theirs") == 2 * plain.stderr.count("ValueError: theirs")
    assert "theirs" in ours.stdout + ours.stderr
    assert ours.stdout.endswith("end\n")
    assert "could not" not in ours.stderr


# --- RINGBOARD_INSTALL --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "expected"),
    [(None, "tensorboardX"), ("1", "ringboard.tensorboardX"), ("yes", "ringboard.tensorboardX")]
    + [(off, "tensorboardX") for off in ("", "0", "false", "No", "OFF")],
)
def test_the_variable(execute, python, value, expected):
    if not list(Path(python).parents[1].glob(f"lib/*/site-packages/{HOOK.name}")):
        expected = "tensorboardX"  # nobody reads it
    done = execute("-c", ASK, env={} if value is None else {"RINGBOARD_INSTALL": value})
    assert (done.stdout, done.stderr) == (f"{expected}\n", "")


def run_hook(source, *, path=(), value, missing=False):
    """A program in an interpreter that has just read the hook, and not before: it may be installed."""
    read = f"""
import os, site, sys
os.environ["RINGBOARD_INSTALL"] = {value!r}
sys.path[:0] = {[*map(str, path)]!r}
if {missing!r}: sys.modules["_ringboard_startup"] = None
before = set(sys.modules)
site.addpackage({str(SOURCES)!r}, {HOOK.name!r}, None)
new = set(sys.modules) - before
"""
    return subprocess.run(
        [sys.executable, "-I", "-c", read + textwrap.dedent(source)],
        env={name: value for name, value in os.environ.items() if name != "RINGBOARD_INSTALL"},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


@pytest.mark.parametrize(("value", "expected"), [("", set()), ("1", {"_ringboard_startup", "__future__"})])
def test_the_hook_imports_next_to_nothing(value, expected):
    source = f"assert new == {expected!r}, new\nassert 'numpy' not in sys.modules"
    done = run_hook(source, path=[SOURCES], value=value)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("broken", [None, "1/0", "def f(:", "raise ImportError('no')"])
def test_a_broken_ringboard_keeps_no_python_from_starting(tmp_path, broken):
    if broken is not None:
        (tmp_path / "_ringboard_startup.py").write_text(broken)
    done = run_hook("print('started')", path=[tmp_path], value="1", missing=broken is None)
    assert (done.returncode, done.stdout) == (0, "started\n")
    assert HOOK.name in done.stderr
    quiet = run_hook("print('started')", path=[tmp_path], value="")
    assert (quiet.returncode, quiet.stdout, quiet.stderr) == (0, "started\n", "")


def test_the_hook_is_one_line():
    (line,) = HOOK.read_text().splitlines()
    assert line.startswith("import ")  # only such lines are run


def test_uninstall_undoes_the_variable():
    done = run_hook(
        """
        import ringboard
        ringboard.install()
        import tensorboardX
        assert tensorboardX.__name__ == "ringboard.tensorboardX"
        ringboard.uninstall()
        import tensorboardX
        assert tensorboardX.__name__ == "tensorboardX"
        """,
        path=[SOURCES],
        value="1",
    )
    assert done.returncode == 0, done.stderr
