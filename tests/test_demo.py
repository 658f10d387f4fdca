"""The demo: its files hold all that it promises, and it says where they are and what the logging cost."""

from __future__ import annotations

import functools
import importlib.util
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from tests.support.accumulator import RunView, load_run, load_runs
from tests.support.events import assert_headers, events_by_run, read_events, scalars

SCRIPT = Path(__file__).parents[1] / "examples" / "digits.py"
EPOCHS = 2
STEPS_PER_EPOCH = 45  # 1437 digits, 32 a step
STEPS = EPOCHS * STEPS_PER_EPOCH
EPOCH_ENDS = [STEPS_PER_EPOCH - 1, STEPS - 1]
HISTOGRAMS_EVERY = 20
LAYERS = ["conv1", "conv2", "hidden", "output"]
PARAMETERS = [f"{layer}.{part}" for layer in LAYERS for part in ("weight", "bias")]
TRAIN_TAGS = ["train/loss", "train/accuracy", "train/learning_rate", "train/grad_norm"]
EPOCH_TAGS = ["valid/loss", "valid/accuracy", "time/epoch_s", "time/step_ms"]
SUB_RUNS = [f"{chart}_{part}" for chart in ("loss", "accuracy") for part in ("train", "valid")]
_TIMEOUT_S = 300


@dataclass(frozen=True)
class DemoRun:
    """A run of the demo that has ended well."""

    log_dir: Path
    printed: str


def run_demo(log_dir: Path, *arguments: str, python_path: Path | None = None) -> DemoRun:
    """Runs the demo as a user does; `python_path` is looked through before anything that is installed."""
    paths = [str(python_path)] if python_path else []
    paths += [path for path in os.environ.get("PYTHONPATH", "").split(os.pathsep) if path]
    ended = subprocess.run(
        [sys.executable, str(SCRIPT), f"--log-dir={log_dir}", f"--epochs={EPOCHS}", *arguments],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert ended.returncode == 0, f"the demo ended with {ended.returncode}\n{ended.stdout}\n{ended.stderr}"
    return DemoRun(log_dir, ended.stdout)


@pytest.fixture(scope="session")
def demo(tmp_path_factory) -> DemoRun:
    """One run for this file and for tests/browser/test_demo_dashboard.py."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    return _run_once(tmp_path_factory.getbasetemp() / "demo" / "digits run")


@functools.cache  # a fixture that a second file imports is a second fixture
def _run_once(log_dir: Path) -> DemoRun:
    return run_demo(log_dir)


@pytest.fixture(scope="session")
def script():
    """The demo as a module."""
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    spec = importlib.util.spec_from_file_location("digits_demo", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look themselves up there
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def run(demo) -> RunView:
    return load_run(demo.log_dir)


def test_files_are_whole_and_begin_with_their_header(demo):
    assert_headers(demo.log_dir)
    assert sorted(events_by_run(demo.log_dir)) == sorted([".", *SUB_RUNS])


def test_scalars_of_every_step(demo):
    (found,) = (tags for run, tags in scalars(demo.log_dir).items() if run == ".")
    for tag in TRAIN_TAGS:
        steps, values = zip(*found[tag], strict=True)
        assert list(steps) == list(range(STEPS)), tag
        assert np.isfinite(values).all(), tag
    losses = [value for _, value in found["train/loss"]]
    assert np.mean(losses[-20:]) < np.mean(losses[:20]) / 2, "it learns"


def test_metrics_of_an_epoch_share_one_event(demo):
    tags = [
        [value.tag for value in event.summary.value]
        for event in read_events(demo.log_dir)
        if any(value.tag == "valid/loss" for value in event.summary.value)
    ]
    assert tags == [EPOCH_TAGS] * EPOCHS


def test_train_and_validation_are_runs_of_one_chart(demo):
    runs = load_runs(demo.log_dir)
    for sub_run in SUB_RUNS:
        main_tag = sub_run.split("_")[0]
        assert runs[sub_run].tags()["scalars"] == [main_tag]
        assert [step for step, _ in runs[sub_run].scalars(main_tag)] == EPOCH_ENDS
    assert runs["loss_valid"].scalars("loss") == runs["."].scalars("valid/loss")


def test_histograms_of_every_layer(run):
    tags = [f"{kind}/{name}" for name in PARAMETERS for kind in ("weights", "gradients")]
    assert run.tags()["histograms"] == tags
    sizes = {"conv1.weight": 144, "hidden.weight": 32768, "output.bias": 10}
    for tag in tags:
        histograms = run.histograms(tag)
        assert [step for step, _ in histograms] == list(range(0, STEPS, HISTOGRAMS_EVERY))
        for _, histogram in histograms:
            assert sum(histogram.bucket) == histogram.num == sizes.get(tag.split("/")[1], histogram.num)
            assert histogram.min < histogram.max


def test_pictures(run):
    ((step, samples),) = run.images("samples")
    assert (step, samples["width"], samples["height"]) == (0, 320, 320), "8 × 8 digits of 40 × 40 pixels"
    assert samples["pixels"].max() == 255
    misclassified = run.images("misclassified")
    assert {step for step, _ in misclassified} <= set(EPOCH_ENDS)
    pixels = misclassified[0][1]["pixels"].astype(int)
    assert (pixels[..., 0] >= pixels[..., 1]).all(), "they are tinted red"
    assert (pixels[..., 0] > pixels[..., 1]).any()


def test_text(run):
    ((step, config),) = run.tensors("config/text_summary")
    assert step == 0
    assert f"| epochs | {EPOCHS} |" in config.item().decode()
    summaries = run.tensors("confusion/text_summary")
    assert [step for step, _ in summaries] == EPOCH_ENDS
    assert run.plugin_content("confusion/text_summary")[0] == "text"


def test_the_confusion_matrix_agrees_with_the_accuracy(run):
    matrices = run.tensors("confusion/matrix")
    assert [step for step, _ in matrices] == EPOCH_ENDS
    accuracies = [value for _, value in run.scalars("valid/accuracy")]
    texts = [text.item().decode() for _, text in run.tensors("confusion/text_summary")]
    for (_, matrix), accuracy, text in zip(matrices, accuracies, texts, strict=True):
        assert (matrix.shape, matrix.sum()) == ((10, 10), 360)
        assert np.trace(matrix) / 360 == pytest.approx(accuracy)
        assert text.startswith(f"**{np.trace(matrix)}** of 360 right")


def counted(printed: str) -> dict[str, int]:
    """{method: calls} from the line that says what was logged."""
    (line,) = re.findall(r"^Calls: +(.*)$", printed, re.MULTILINE)
    parts = [part.split() for part in line.split(", ")]
    return {method: int(count.replace(",", "")) for count, method in parts}


def test_it_says_what_was_logged(demo, run):
    calls = counted(demo.printed)
    assert calls["add_scalar"] == STEPS * len(TRAIN_TAGS)
    assert calls["add_histogram"] == sum(len(run.histograms(tag)) for tag in run.tags()["histograms"])
    assert calls["add_images"] == sum(len(run.images(tag)) for tag in run.tags()["images"])
    assert (calls["log"], calls["add_scalars"], calls["add_text"], calls["add_tensor"]) == (2, 4, 3, 2)
    values = sum(calls.values()) + calls["add_scalars"]  # two events each
    events = [event for event in read_events(demo.log_dir) if event.WhichOneof("what") == "summary"]
    assert len(events) == values
    assert f"accepted {values:,}, written {values:,}, dropped 0, waiting 0" in demo.printed


def test_it_names_every_file_with_its_size(demo):
    files = [path for path in demo.log_dir.rglob("*") if path.is_file()]
    assert len(files) == 1 + len(SUB_RUNS)
    for path in files:
        assert f"{path}  {path.stat().st_size:,} bytes" in demo.printed


def test_its_last_line_shows_the_run_whatever_the_directory_is_called(demo):
    assert demo.printed.splitlines()[-1] == f"Look:   tensorboard --logdir '{demo.log_dir}'"


def test_it_goes_on_a_line_an_epoch_and_draws_no_bar_into_a_pipe(demo):
    assert re.findall(r"^epoch +(\d+)/2 .* valid +[\d.]+%", demo.printed, re.MULTILINE) == ["1", "2"]
    assert "\r" not in demo.printed
    assert "#" not in demo.printed


def test_both_writers_are_measured_on_every_call(demo):
    pytest.importorskip("torch.utils.tensorboard")
    duration = r"[\d.]+ (?:s|ms|µs)"
    (head,) = re.findall(r"^ +calls .*$", demo.printed, re.MULTILINE)
    assert ("ringboard median" in head, "torch median" in head) == (True, True)
    for what, calls in [
        ("every step: 4 scalars", STEPS),
        (f"every {HISTOGRAMS_EVERY} steps: histograms", 5),
        ("every epoch: the rest", EPOCHS),
        ("a step in all", STEPS),
    ]:
        row = rf"^{re.escape(what)} +{calls}(?: +{duration}){{6}} +[\d.]+ +[\d.]+$"
        assert re.search(row, demo.printed, re.MULTILINE), f"no row {row} in\n{demo.printed}"
    shares = re.findall(r"^ +(\w+): logging adds ([\d.]+)%", demo.printed, re.MULTILINE)
    assert [name for name, _ in shares] == ["ringboard", "torch"]
    assert all(float(share) > 0 for _, share in shares)


def test_without_tensorboard_it_says_so_and_measures_ringboard_alone(tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("sklearn")
    hidden = tmp_path / "hidden"
    (hidden / "tensorboard").mkdir(parents=True)
    (hidden / "tensorboard" / "__init__.py").write_text("raise ImportError('no such luck')\n")
    alone = run_demo(tmp_path / "run", "--epochs=1", python_path=hidden)
    assert "torch's own writer can't be imported (no such luck): ringboard is measured alone" in alone.printed
    assert re.search(rf"^every step: 4 scalars +{STEPS_PER_EPOCH}(?: +[\d.]+ \w+){{3}}$", alone.printed, re.M)
    assert "torch median" not in alone.printed
    assert len(load_run(tmp_path / "run").scalars("train/loss")) == STEPS_PER_EPOCH


@pytest.mark.parametrize("arguments", [["--epochs=0"], ["--batch-size=-1"], ["--seed=x"], ["--nonsense"]])
def test_nonsense_is_refused_before_anything_is_written(script, tmp_path, capsys, arguments):
    with pytest.raises(SystemExit) as refused:
        script.main([f"--log-dir={tmp_path / 'run'}", *arguments])
    assert refused.value.code == 2
    assert arguments[0].split("=")[0] in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_an_interrupted_run_is_kept_and_told(script, tmp_path, capsys, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(script.Trainer, "evaluate", interrupted)
    script.main([f"--log-dir={tmp_path}", "--alone"])
    printed = capsys.readouterr().out
    assert "Interrupted.  What was logged so far is kept." in printed
    assert printed.splitlines()[-1] == f"Look:   tensorboard --logdir {tmp_path}"
    assert len(load_run(tmp_path).scalars("train/loss")) == STEPS_PER_EPOCH


def test_a_terminal_gets_a_bar_that_the_next_line_replaces(script, capsys, monkeypatch):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    script.show_bar(3, 20, 40)
    halfway = capsys.readouterr().out
    assert halfway == f"\repoch   3 [{'#' * 15}{'.' * 15}] 20/40"
    script.show_bar(3, 40, 40)
    blank = capsys.readouterr().out
    assert (blank[0], blank[1:-1].strip(), blank[-1]) == ("\r", "", "\r")
    assert len(blank) > len(halfway)
