"""The works under pytest-benchmark: `pytest benches --bench-size smoke|small|full`.

A peer that shares a process with another shares its allocator, its threads and its imports.  So nothing is
timed inside pytest: `harness.measure` runs the contenders of a work in processes of their own, once for all
tests of the work, and each test plays its contender's samples back to pytest-benchmark, through a clock that
shows what the processes said.  No assertion is on a time.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from benches import harness, machine
from benches.work import REPEATS, SIZES, Measure, Work


class ReplayClock:
    """Stands still, except for what is told to have passed."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


CLOCK = ReplayClock()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("ringboard benches")
    group.addoption(
        "--bench-size", choices=SIZES, default="smoke", help="how much is logged (default: smoke)"
    )
    group.addoption("--bench-repeats", type=int, help="runs of each contender (default: by size)")
    group.addoption("--bench-seed", type=int, default=1, help="of the order of the contenders")
    group.addoption("--bench-logs", type=Path, default=harness.LOGS, help="where the event files go")


def pytest_configure(config: pytest.Config) -> None:
    if "bench_*.py" not in config.getini("python_files"):
        config.addinivalue_line("python_files", "bench_*.py")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each headline of each contender."""
    if "publish" not in metafunc.fixturenames:
        return
    cases = [
        pytest.param(
            (work, measure, contender.name),
            id=f"{work.name}-{measure.key}-{contender.name}",
            marks=pytest.mark.benchmark(group=f"{work.title}: {measure.title}", timer=CLOCK),
        )
        for work in harness.works_of(metafunc.module)
        for measure in work.headlines
        for contender in work.contenders
    ]
    metafunc.parametrize("published", cases)


@pytest.fixture(scope="session")
def samples_of(request: pytest.FixtureRequest):
    """Work → its samples, measured once a session; a refusal is remembered too."""
    known: dict[str, harness.Samples | harness.WrongAnswerError] = {}
    option = request.config.getoption

    def measured(work: Work) -> harness.Samples | harness.WrongAnswerError:
        size = option("--bench-size")
        repeats = option("--bench-repeats") or REPEATS[size]
        try:
            return harness.measure(
                work, size, repeats, seed=option("--bench-seed"), logs=option("--bench-logs")
            )
        except harness.WrongAnswerError as error:
            return error

    def of(work: Work) -> harness.Samples:
        if work.name not in known:
            known[work.name] = measured(work)
        found = known[work.name]
        if isinstance(found, harness.WrongAnswerError):
            raise found
        return found

    return of


@pytest.fixture
def publish(published: tuple[Work, Measure, str], samples_of, benchmark):
    """Plays one contender's samples of one measure back to pytest-benchmark."""
    work, measure, contender = published

    def play() -> None:
        samples = samples_of(work)
        seconds = samples.of(contender, measure.key)
        if not seconds:
            benchmark.skipped = True  # else pytest-benchmark warns that it was not used
            pytest.skip(f"{contender} has no {measure.title!r}")
        remaining = iter(seconds)

        def advance() -> None:
            CLOCK.now += next(remaining)

        benchmark.extra_info.update(size=samples.size, title=work.title, measure=measure.title)
        benchmark.extra_info["samples"] = samples.runs[contender]
        benchmark.pedantic(advance, rounds=len(seconds))

    return play


def pytest_benchmark_update_machine_info(config: pytest.Config, machine_info: dict) -> None:
    logs = config.getoption("--bench-logs")
    logs.mkdir(parents=True, exist_ok=True)
    machine_info["ringboard"] = machine.describe(logs)
