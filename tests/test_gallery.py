"""The gallery without a browser: it logs every kind, the same each time, and its page quotes what ran."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from tests.support.accumulator import load_runs
from tests.support.events import assert_headers

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "examples" / "gallery"
PAGE = ROOT / "docs" / "gallery.md"
_TIMEOUT_S = 300


def run_gallery(log_dir: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    for module in ("torch", "sklearn", "matplotlib"):
        pytest.importorskip(module)
    return subprocess.run(
        [sys.executable, str(SCRIPT), f"--log-dir={log_dir}", *arguments],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT_S,
        check=False,
    )


def bodies() -> dict[str, str]:
    """{function: the text of its body} of kinds.py."""
    source = (SCRIPT / "kinds.py").read_text(encoding="utf-8")
    lines = source.splitlines()
    return {
        node.name: textwrap.dedent("\n".join(lines[node.body[0].lineno - 1 : node.end_lineno]))
        for node in ast.parse(source).body
        if isinstance(node, ast.FunctionDef)
    }


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    log_dir = tmp_path_factory.mktemp("gallery") / "runs"
    ended = run_gallery(log_dir, "--epochs=1", "--trials=2")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.splitlines()[-1] == f"Look:   tensorboard --logdir {log_dir}"
    assert_headers(log_dir)
    return log_dir


def test_the_page_quotes_every_kind_as_it_ran():
    quoted = re.findall(
        r"^```python\n(.*?)\n```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert sorted(quoted) == sorted(bodies().values())


def test_the_page_shows_every_picture_that_there_is():
    shown = re.findall(r"!\[[^]]+\]\(gallery/(\w+\.png)\)", PAGE.read_text(encoding="utf-8"))
    assert sorted(shown) == sorted(path.name for path in (ROOT / "docs" / "gallery").iterdir())


def test_every_kind_that_is_defined_is_called():
    called = re.findall(r"kinds\.(log_\w+)\(", (SCRIPT / "__main__.py").read_text(encoding="utf-8"))
    assert sorted(set(called)) == sorted(bodies())


def test_every_kind_is_logged(runs):
    found = load_runs(runs)
    assert {"adam", "momentum", "sgd", "adam/loss_train", "adam/loss_valid", "sweep/00", "sweep/01"} <= set(
        found
    )
    tags = found["adam"].tags()
    assert {"train/loss", "valid/worst_digit"} <= set(tags["scalars"])
    assert {"weights/output.bias", "gradients/output.bias"} <= set(tags["histograms"])
    assert {"digits/found", "confusion", "clusters/gif", "clusters/apng"} <= set(tags["images"])
    assert sorted(tags["audio"]) == ["chord", "the falling loss"]
    assert {"report/text_summary", "digit/9", "hidden layer_VERTEX", "loss landscape_FACE"} <= set(
        tags["tensors"]
    )
    assert tags["graph"] is True
    assert (runs / "adam" / "projector_config.pbtxt").is_file()


def test_two_runs_log_the_same(runs, tmp_path):
    again = tmp_path / "again"
    assert run_gallery(again, "--epochs=1", "--trials=1").returncode == 0
    one, other = load_runs(runs), load_runs(again)
    for tag in ("train/loss", "train/grad_norm", "valid/accuracy"):
        assert one["sgd"].scalars(tag) == other["sgd"].scalars(tag)
    assert one["sweep/00"].scalars("hparam/loss") == other["sweep/00"].scalars("hparam/loss")


def test_a_used_directory_is_refused(tmp_path):
    (tmp_path / "left").write_text("from before")
    ended = run_gallery(tmp_path)
    assert ended.returncode == 2
    assert f"--log-dir: {tmp_path} is not empty" in ended.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["left"]
