"""A process that has imported what the programs need: each runs in a fork of it, and imports nothing anew.

Importing the frameworks takes ten seconds of the processor, and most programs far less.  The process is
started as a user would start a program, with plain python or by `ringboard run`; a program finds its working
directory, sys.argv, sys.path[0] and __main__ as if it had been started by itself.
"""

from __future__ import annotations

import atexit
import gc
import json
import os
import runpy
import subprocess
import sys
import threading
import traceback
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NoReturn

IMPORTS = """\
import matplotlib.pyplot
import sklearn.linear_model
import torch._dynamo
import tensorboard.compat.proto.event_pb2
from transformers import GPT2LMHeadModel, Trainer
import accelerate
import lightning
import huggingface_hub._tensorboard_logger
import stable_baselines3
import ignite.handlers.tensorboard_logger
import ray.tune.logger
import mlflow.pytorch
"""
_START_S = 180.0


class Warm:
    """The process, from the outside.

    Args:
        interpreter: the command up to the program's name.
        environment: of the process and of all programs.
    """

    def __init__(self, interpreter: Sequence[str], environment: dict[str, str]) -> None:
        self._process = subprocess.Popen(
            [*interpreter, __file__],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
        )
        self._one_at_a_time = threading.Lock()

    def run(self, directory: Path, program: Sequence[str], timeout_s: float) -> tuple[int, str]:
        """Runs a program (its path and arguments) in a directory: its exit code, and what it said."""
        output = directory / "output.txt"
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        with self._one_at_a_time, ThreadPoolExecutor(1) as pool:
            stdin.write(json.dumps([str(directory), list(program), str(output)]) + "\n")
            answer = pool.submit(stdout.readline)
            try:
                line = answer.result(timeout=_START_S + timeout_s)
            except TimeoutError:
                self._process.kill()
                raise
        return int(line or self._process.wait() or -1), output.read_text() if output.exists() else ""

    def close(self) -> None:
        """Ends the process, when it is idle."""
        self._process.communicate()


def _next_program() -> list[str]:
    """Answers requests; returns in the fork that is to run a program, and there only."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)
    for line in sys.stdin:
        directory, program, output = json.loads(line)
        child = os.fork()
        if not child:
            answers.close()
            os.chdir(directory)
            said = os.open(output, os.O_CREAT | os.O_WRONLY | os.O_APPEND)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(said, 1)
            os.dup2(said, 2)
            found: list[str] = program
            return found
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), file=answers)
    sys.exit()


def _run(program: list[str]) -> NoReturn:
    """Runs a program as __main__, and ends as the interpreter does, but for the destruction of all modules,
    which would take seconds."""
    sys.argv = program
    sys.path[0] = os.path.dirname(program[0])
    code = 0
    try:
        runpy.run_path(program[0], run_name="__main__")
    except BaseException:
        traceback.print_exc()
        code = 1
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    for statement in IMPORTS.splitlines():
        try:
            exec(statement)
        except ModuleNotFoundError as error:
            print(f"{statement}: {error}", file=sys.stderr)
    gc.freeze()  # or each fork's collector would write to, and so copy, all of it
    _run(_next_program())
