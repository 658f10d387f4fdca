"""ringboard keeps every promise in every scenario; `make matrix` shows the others beside it."""

from __future__ import annotations

import sys

import pytest

from tests.faults.judge import judge
from tests.faults.library import RECOVERS_AFTER_DEATH, Scenario, Unavailable, scenario_named, scenarios
from tests.faults.run import Run
from tests.faults.stage import perform

# Processes are watched through /proc, and file systems mounted.
pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")

ALL = [each for group in scenarios().values() for each in group]


@pytest.mark.parametrize("scenario", ALL, ids=lambda each: each.name)
def test_ringboard_keeps_its_promises(tmp_path, scenario: Scenario):
    try:
        outcome = perform(scenario, "ringboard", tmp_path / "home")
    except Unavailable as missing:
        pytest.skip(str(missing))
    if scenario.recovers and not RECOVERS_AFTER_DEATH:
        outcome.verdict.lost_python = outcome.verdict.lost_rust = outcome.verdict.torn = 0
    assert outcome.complaints() == [], f"{outcome.verdict}\n{outcome.stderr}"


# The judge must be able to say no.


def test_what_a_library_does_wrong_is_seen(tmp_path):
    """torch's writer in a row that it cannot keep, as it was when this was written."""
    outcome = perform(scenario_named("raises_in_the_middle"), "torch", tmp_path / "home")
    assert outcome.complaints() == ["half of a call is written"]


@pytest.fixture
def logged(tmp_path):
    """A run that kept all its promises: 50 acknowledged events."""
    run = Run("ringboard", tmp_path)
    with run.writer() as writer:
        run.train(writer, "s", 50)
    return run


def test_a_sound_run_is_praised(logged):
    verdict = judge(logged.home)
    assert verdict.acknowledged == 50
    assert (verdict.lost, verdict.duplicates, verdict.torn, verdict.damaged, verdict.escaped) == (
        0,
        0,
        0,
        [],
        [],
    )


def test_the_judge_counts_losses_and_what_lies_outside(logged):
    for step in (3, 50, 51):
        logged.acks("s").add(step)
    (logged.home / "elsewhere").mkdir()
    (logged.home / "elsewhere" / "file").touch()
    verdict = judge(logged.home)
    assert (verdict.acknowledged, verdict.lost_python, verdict.lost_rust) == (52, 2, 2)
    assert verdict.escaped == ["elsewhere/file"]


def test_the_judge_sees_repetitions_and_what_rustboard_hides(logged):
    with logged.writer() as writer:
        writer.add_scalar("s", 1.0, 20)
    verdict = judge(logged.home)
    assert (verdict.duplicates, verdict.lost_python) == (1, 0)
    assert verdict.lost_rust == 29


def test_the_judge_sees_torn_and_damaged_files(logged):
    (path,) = logged.log.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:-1])
    assert judge(logged.home).torn == 1
    path.write_bytes(content[:-1] + b"?")
    verdict = judge(logged.home)
    assert len(verdict.damaged) == 1
    assert verdict.lost_python == 1
