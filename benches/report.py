"""Runs the works and writes their results as Markdown and as a plot.

Every contender of a work runs in a process of its own, in shuffled order, as many times as --repeats says.
Before that each does a little of the work, and what it wrote is compared: a wrong answer is not timed.
Progress goes to stderr, a line a run.

Written into --out:
  NAME.md       one work: every measure of every contender with its spread, and the ratios
  README.md     all works, a row each           } only when all works were run, or with
  results.png   the same as bars, log scale     } --combine: --only leaves these three alone
  methods.png   a line a method, log scale      }
"""

from __future__ import annotations

import argparse
import importlib
import sys
import time
from pathlib import Path

from benches import machine, render
from benches.harness import CLAIMS, LOGS, ROOT, Samples, WrongAnswerError, measure, works_of
from benches.work import REPEATS, SIZES

RESULTS = ROOT / "benches" / "results"
_EXAMPLES = """examples:
  python -m benches.report                                  seconds a work: does all run?
  python -m benches.report --size full                      what the README publishes (make bench)
  python -m benches.report --only image --repeats 15        one work, until the spread is small
"""


def parse(arguments: list[str] | None, names: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m benches.report",
        description=__doc__,
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--size", choices=SIZES, default="smoke", help="how much is logged (default: smoke)")
    parser.add_argument(
        "--only",
        metavar="NAME",
        action="append",
        choices=names,
        help=f"repeatable; one of: {', '.join(names)}",
    )
    parser.add_argument(
        "--combine", action="store_true", help="with --only: a combined table and plots of these works"
    )
    told = ", ".join(f"{size} {repeats}" for size, repeats in REPEATS.items())
    parser.add_argument("--repeats", type=int, help=f"default by size: {told}")
    parser.add_argument("--seed", type=int, default=1, help="of the order of the contenders (default: 1)")
    parser.add_argument("--out", type=Path, default=RESULTS, help="default: benches/results")
    parser.add_argument(
        "--logs",
        type=Path,
        default=LOGS,
        help="where the event files go, unlinked after each run; on a real disk (default: build/bench-logs)",
    )
    given = parser.parse_args(arguments)
    if given.repeats is not None and given.repeats < 1:
        parser.error("--repeats: at least 1")
    given.repeats = given.repeats or REPEATS[given.size]
    return given


def say(line: str) -> None:
    print(f"{time.strftime('%H:%M:%S')} {line}", file=sys.stderr, flush=True)


def main(arguments: list[str] | None = None) -> int:
    modules = [importlib.import_module(f"benches.bench_{claim}") for claim in CLAIMS]
    docstrings = {work.name: module.__doc__ or "" for module in modules for work in works_of(module)}
    given = parse(arguments, list(docstrings))
    given.out.mkdir(parents=True, exist_ok=True)
    given.logs.mkdir(parents=True, exist_ok=True)
    about = machine.describe(given.logs)
    for name, text in about.items():
        say(f"{name}: {text}")

    results: list[Samples] = []
    refused: list[str] = []
    for work in (work for module in modules for work in works_of(module)):
        if given.only and work.name not in given.only:
            continue
        try:
            samples = measure(work, given.size, given.repeats, seed=given.seed, logs=given.logs, progress=say)
        except WrongAnswerError as error:
            say(f"REFUSED: {error}")
            refused.append(work.name)
            continue
        if changed := machine.changed_since(about):
            about["NOT ONE BUILD"] = changed  # the rows of this run can't be compared with each other
            say(f"NOT ONE BUILD: {changed}")
        page = render.work_page(samples, about, given.repeats, docstrings[work.name])
        (given.out / f"{work.name}.md").write_text(page, encoding="utf-8")
        results.append(samples)

    if results and (given.combine or not given.only):
        pictures = {"results.png": render.draw, "methods.png": render.draw_methods}
        plots = [name for name, draw in pictures.items() if draw(results, about, given.out / name)]
        here = {each.work.name for each in results} | {"README"}
        others = sorted({path.stem for path in given.out.glob("*.md")} - here)
        page = render.combined_page(results, about, given.repeats, plots, refused, others)
        (given.out / "README.md").write_text(page, encoding="utf-8")
    say(f"written to {given.out}" + (f"; refused: {', '.join(refused)}" if refused else ""))
    return 1 if refused else 0


if __name__ == "__main__":
    sys.exit(main())
