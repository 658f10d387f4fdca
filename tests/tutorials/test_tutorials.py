"""What the usual tutorials and both documentations show, unedited under `ringboard run`."""

from pathlib import Path

import numpy as np
import pytest

from tests.frameworks.both import run_both
from tests.support import projector
from tests.support.accumulator import load_runs

PROGRAMS = Path(__file__).parent / "programs"


def embedding_files(log_dir):
    """{path below log_dir: what it says} of the projector's files: numbers, labels, pixels, the config."""
    found = {}
    for path in sorted(log_dir.rglob("*")):
        name = str(path.relative_to(log_dir))
        if path.name == "tensors.tsv":
            found[name] = projector.numbers(path.read_bytes()).astype(np.float32).tolist()
        elif path.name == "sprite.png":
            found[name] = projector.pixels(path.read_bytes()).tolist()
        elif path.name == "metadata.tsv":
            found[name] = path.read_text()
        elif path.suffix == ".pbtxt":
            found[name] = str(projector.config(path.parent))
    return found


@pytest.fixture(scope="module")
def both_of(tmp_path_factory):
    """Program → its two runs, done once."""
    done = {}

    def of(name):
        if name not in done:
            done[name] = run_both(str(PROGRAMS / name), tmp_path_factory.mktemp("tutorial"))
        return done[name]

    return of


@pytest.mark.parametrize("program", sorted(path.name for path in PROGRAMS.glob("*.py")))
def test_same_as_with_the_original(both_of, program):
    both = both_of(program)
    both.check_same()
    ours, theirs = map(embedding_files, both.log_dirs)
    # Ours gives pictures that aren't square borders, without which the Projector cuts them wrong.
    for name in {name for name in theirs if name.startswith("oblong/")} - {
        "oblong/00000/default/tensors.tsv"
    }:
        assert name in ours
        ours[name] = theirs[name]
    assert ours == theirs


def test_garments(both_of):
    run = load_runs(both_of("garments.py").ours / "logs")["digits_1"]
    losses = run.scalars("training loss")
    assert [step for step, _ in losses] == [10, 20, 30, 40, 50, 60]
    assert losses[-1][1] < losses[0][1] / 2
    assert run.tags()["graph"]
    (grid,) = run.images("forty digits")
    assert grid[1]["pixels"].shape == (40, 64, 3)
    assert [step for step, _ in run.images("guesses against truth")] == [10, 20, 30, 40, 50, 60]
    assert run.plugin_content("digit 3")[0] == "pr_curves"


def test_line_reader(both_of):
    runs = load_runs(both_of("line_reader.py").ours / "logs")
    assert set(runs) == {"lines", "lines/train_more_lr", "lines/train_more_norm"}
    assert [step for step, _ in runs["lines"].scalars("train/loss")] == list(range(30))
    assert len(runs["lines"].histograms("gradients/rnn.weight_hh_l0")) == 3


def test_classifiers(both_of):
    runs = load_runs(both_of("classifiers.py").ours / "logs")
    for alpha in ("0.0001", "0.01"):
        assert runs[f"alpha_{alpha}"].scalars("accuracy")[-1][1] > 0.9
        assert runs[f"alpha_{alpha}"].histograms("coefficients")[0][1].num == 640
    assert "alpha_0.01/hp" in runs
