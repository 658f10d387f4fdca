"""Hostile names: tags, keys and tags of `add_scalars`, `run_name` of `add_hparams`, tags of embeddings.

Counted is what was logged before and after; no file may lie outside the log dir.  An error is a fine answer.
"""

from __future__ import annotations

import numpy as np

from tests.faults.library import scenario
from tests.faults.run import Run


def _named(run: Run, name: str) -> None:
    writer = run.writer("deep", "run")
    run.train(writer, "before", 100)
    run.say("add_scalar", lambda: writer.add_scalar(name, 1.0, 1))
    run.say("add_text", lambda: writer.add_text(name, "text", 1))
    run.say("add_scalars tag", lambda: writer.add_scalars(name, {"key": 1.0}, 1))
    run.say("add_scalars key", lambda: writer.add_scalars("main", {name: 1.0}, 1))
    run.say(
        "add_hparams", lambda: writer.add_hparams({"lr": 1.0}, {"loss": 1.0}, **{_name_of_run(run): name})
    )
    run.say("add_embedding", lambda: writer.add_embedding(np.zeros((2, 2)), tag=name, global_step=1))
    run.train(writer, "after", 100)
    writer.close()
    own = run.log / "deep" / "run"
    if any(path.is_file() and not path.is_relative_to(own) for path in run.log.rglob("*")):
        run.problem("files beside the log dir")


def _name_of_run(run: Run) -> str:
    return "name" if run.module == "tensorboardX" else "run_name"


@scenario("`../../../x`")
def dot_dot(run: Run) -> None:
    _named(run, "../../../x")


@scenario("an absolute path")
def absolute_path(run: Run) -> None:
    _named(run, str(run.home / "escaped" / "x"))


@scenario("a NUL character")
def nul(run: Run) -> None:
    _named(run, "a\0b")


@scenario("5,000 characters")
def very_long(run: Run) -> None:
    _named(run, "x" * 5000)


@scenario("lone surrogates, as names of files may hold")
def surrogates(run: Run) -> None:
    _named(run, "a\udcffb")


@scenario("a line end, `%`, quotes and an emoji")
def odd_letters(run: Run) -> None:
    _named(run, "a\nb%41'\"\N{SNOWMAN}\N{PILE OF POO}")
