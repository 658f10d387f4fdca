"""What programs reach into: methods that subclasses override, attributes that they read and replace."""

from __future__ import annotations

import os

import numpy as np
import pytest
import torch
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from torch.utils import tensorboard as torch_tensorboard
from torch.utils.tensorboard import summary as torch_summary
from torch.utils.tensorboard._pytorch_graph import graph as torch_graph

import ringboard
from ringboard import SummaryWriter
from tests.parity.pair import WRITERS
from tests.support.events import events_by_run, scalars
from tests.support.views import assert_same_events

LIBRARIES = {"ours": ringboard, "theirs": torch_tensorboard}

EVERY_KIND = {
    "add_scalar": lambda writer: writer.add_scalar("s", 1.0, 1),
    "new_style": lambda writer: writer.add_scalar("s", 1.0, 1, new_style=True),
    "add_histogram": lambda writer: writer.add_histogram("h", np.ones(3), 1),
    "add_histogram bins": lambda writer: writer.add_histogram("h", np.ones(3), 1, bins=3),
    "add_histogram_raw": lambda writer: writer.add_histogram_raw("h", 1, 1, 1, 1, 1, [1.0], [1.0], 1),
    "add_image": lambda writer: writer.add_image("i", np.ones((3, 2, 2)), 1),
    "add_images": lambda writer: writer.add_images("i", np.ones((2, 3, 2, 2)), 1),
    "add_text": lambda writer: writer.add_text("t", "x", 1),
    "add_tensor": lambda writer: writer.add_tensor("t", torch.ones(2), 1),
    "add_audio": lambda writer: writer.add_audio("a", np.zeros(9), 1),
    "add_pr_curve": lambda writer: writer.add_pr_curve("p", np.array([0, 1]), np.array([0.1, 0.9]), 1),
    "add_mesh": lambda writer: writer.add_mesh("m", torch.zeros(1, 3, 3), global_step=1),
    "add_custom_scalars": lambda writer: writer.add_custom_scalars({"c": {"t": ["Multiline", ["a"]]}}),
}


def fill_both(root, make) -> dict:
    """{peer: what make(library, log dir) returned}, its writer's events being the same in both."""
    made = {peer: make(library, str(root / peer)) for peer, library in LIBRARIES.items()}
    assert_same_events(root / "ours", root / "theirs")
    return made


# -- methods that are overridden ---------------------------------------------------------------------------


def test_an_overridden_add_image_is_called_by_add_figure(tmp_path):
    def make(library, log_dir):
        calls = []

        class Mine(library.SummaryWriter):
            def add_image(self, tag, *arguments, **keywords):
                calls.append(tag)
                super().add_image(f"mine/{tag}", *arguments, **keywords)

        figure = Figure(figsize=(1, 1), dpi=20)
        FigureCanvasAgg(figure)
        with Mine(log_dir) as writer:
            writer.add_figure("f", figure, 3)
        return calls

    assert fill_both(tmp_path, make) == {"ours": ["f"], "theirs": ["f"]}


def test_add_hparams_through_the_file_writer(tmp_path):
    def make(library, log_dir):
        class Mine(library.SummaryWriter):
            def add_hparams(self, hparam_dict, metric_dict):
                for one in torch_summary.hparams(hparam_dict, metric_dict):
                    self._get_file_writer().add_summary(one, 2)
                for tag, value in metric_dict.items():
                    self.add_scalar(tag, value, 2)

        with Mine(log_dir) as writer:
            writer.add_hparams({"lr": 0.1, "name": "x"}, {"loss": 1.5})

    fill_both(tmp_path, make)
    assert list(events_by_run(tmp_path / "ours")) == ["."]  # no sub-run


def test_add_graph_through_the_file_writer(tmp_path):
    protos = torch_graph(torch.nn.Linear(2, 3), torch.ones(1, 2))

    def make(library, log_dir):
        class Mine(library.SummaryWriter):
            def add_graph(self, *_arguments, **_keywords):
                self._get_file_writer().add_graph(protos, 12.5)

        with Mine(log_dir) as writer:
            writer.add_graph(None)

    fill_both(tmp_path, make)


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_an_overridden_get_file_writer_is_asked_every_time(tmp_path, kind):
    def make(library, log_dir):
        class Rotating(library.SummaryWriter):
            """The first call opens the file of its own directory, the later ones take turns."""

            turn = 0

            def _get_file_writer(self):
                own = super()._get_file_writer()
                others = self.all_writers
                run = os.path.join(log_dir, f"turn{self.turn}")
                if run not in others:
                    others[run] = library.FileWriter(run)
                return others[run] if self.turn else own

        with Rotating(log_dir) as writer:
            for writer.turn in (0, 1, 2, 1, 0):
                EVERY_KIND[kind](writer)

    fill_both(tmp_path, make)
    runs = events_by_run(tmp_path / "ours")
    assert {run: len(events) - 1 for run, events in runs.items() if run != "turn0"} == {
        ".": 2, "turn1": 2, "turn2": 1,
    }  # fmt: skip


@pytest.mark.parametrize("method", ["add_hparams", "add_scalars"])
def test_sub_runs_lie_below_the_file_writers_directory(tmp_path, method):
    def make(library, log_dir):
        class Elsewhere(library.SummaryWriter):
            def _get_file_writer(self):
                super()._get_file_writer()
                run = os.path.join(log_dir, "elsewhere")
                return self.all_writers.setdefault(run, library.FileWriter(run))

        with Elsewhere(log_dir) as writer:
            if method == "add_hparams":
                writer.add_hparams({"lr": 0.1}, {"loss": 1.0}, run_name="trial")
            else:
                writer.add_scalars("main", {"key": 1.0}, 1)

    fill_both(tmp_path, make)
    assert {"elsewhere/trial", "elsewhere/main_key"} & set(events_by_run(tmp_path / "ours"))


def test_add_custom_scalars_by_the_methods_for_one_chart(tmp_path):
    def make(library, log_dir):
        class Mine(library.SummaryWriter):
            def add_custom_scalars(self, layout):
                for category, charts in layout.items():
                    for title, (_kind, tags) in charts.items():
                        self.add_custom_scalars_multilinechart(tags, category, title)

        with Mine(log_dir) as writer:
            writer.add_custom_scalars({"a": {"b": ["Multiline", ["x"]]}, "c": {"d": ["Multiline", ["y"]]}})

    fill_both(tmp_path, make)


def test_an_overridden_get_logdir_moves_no_file(tmp_path):
    def make(library, log_dir):
        class Mine(library.SummaryWriter):
            def get_logdir(self):
                return "somewhere/else"

        with Mine(log_dir) as writer:
            writer.add_scalar("s", 1.0, 1)

    fill_both(tmp_path, make)


# -- attributes --------------------------------------------------------------------------------------------


def test_default_bins_are_torchs(tmp_path):
    bins = {}
    for peer, library in LIBRARIES.items():
        with library.SummaryWriter(str(tmp_path / peer)) as writer:
            bins[peer] = writer.default_bins
    assert bins["ours"] == bins["theirs"]
    assert len(bins["ours"]) == 1549


def test_default_bins_that_are_only_read_change_nothing(tmp_path, monkeypatch):
    with SummaryWriter(tmp_path) as writer:
        assert writer.default_bins is writer.default_bins
        monkeypatch.setattr(SummaryWriter, "_add_numpy_histogram", None)  # numpy is not asked
        writer.add_histogram("h", np.ones(3), 1)


@pytest.mark.parametrize("how", ["replaced", "changed", "class"])
def test_default_bins_of_a_programs_own(tmp_path, how):
    def make(library, log_dir):
        class Mine(library.SummaryWriter):
            pass

        writer = Mine(log_dir)
        if how == "replaced":
            writer.default_bins = np.linspace(-1, 1, 11)
        elif how == "changed":
            del writer.default_bins[100:1500]
        else:
            writer.__dict__.pop("default_bins", None)
            Mine.default_bins = [-1.0, 0.0, 0.5, 1.0]
        writer.add_histogram("h", np.linspace(-0.9, 0.9, 100), 1)
        writer.close()

    fill_both(tmp_path, make)


def test_a_file_writer_that_a_program_puts_in_place(tmp_path):
    def make(library, log_dir):
        writer = library.SummaryWriter(log_dir)
        writer.add_scalar("before", 1.0, 1)
        first, writer.file_writer = writer.file_writer, library.FileWriter(os.path.join(log_dir, "other"))
        writer.add_scalar("after", 2.0, 2)
        writer.file_writer.close()
        first.close()

    fill_both(tmp_path, make)
    assert scalars(tmp_path / "ours")["other"] == {"after": [(2, 2.0)]}


def test_where_programs_look_for_the_file(tmp_path):
    writer = SummaryWriter(tmp_path)
    (path,) = (str(path) for path in tmp_path.glob("*tfevents*"))
    inner = writer.file_writer.event_writer
    theirs = WRITERS["torch"](str(tmp_path / "theirs")).file_writer.event_writer
    assert inner._file_name == path == inner._ev_writer._file_name == inner._py_recordio_writer.path
    assert inner.get_logdir() == inner._logdir == str(tmp_path)
    assert type(inner._file_name) is type(theirs._file_name)
    writer.close()


def test_attributes_of_both_originals(tmp_path):
    writer = SummaryWriter(tmp_path, purge_step=4, max_queue=3, flush_secs=7, filename_suffix=".s")
    theirs = WRITERS["torch"](str(tmp_path / "t"), "", 4, 3, 7, ".s")
    for name in ("purge_step", "max_queue", "flush_secs", "filename_suffix"):
        assert getattr(writer, name) == getattr(theirs, name), name
    assert writer.purge_step is None  # done with, so that a file opened later purges nothing
    assert writer.log_dir == writer.logdir == tmp_path
    writer.close()
    theirs.close()


# -- add_scalars without sub-runs --------------------------------------------------------------------------


def test_add_scalars_as_tags(pair):
    values = {"a": 1.0, "b/c": np.float32(2.5), "": torch.tensor(3.0)}
    pair.same(
        lambda writer: writer.add_scalars("main/tag", values, 7, 12.5, layout="tags"),
        theirs=lambda writer: [
            writer.add_scalar(f"main/tag/{key}", value, 7, 12.5) for key, value in values.items()
        ],
    )
    assert list(events_by_run(pair.ours)) == ["."]
    assert [event.wall_time for event in events_by_run(pair.ours)["."]][1:] == [12.5] * 3


def test_add_scalars_as_tags_opens_nothing_and_logs_nothing_when_one_is_wrong(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(TypeError, match="m/b"):
            writer.add_scalars("m", {"a": 1.0, "b": None}, 1, layout="tags")
        writer.add_scalars("m", {"a": 1.0}, 1, layout="tags")
        assert len(writer.all_writers) == 1
    assert scalars(tmp_path) == {".": {"m/a": [(1, 1.0)]}}


@pytest.mark.parametrize("layout", ["tag", None, ""])
def test_another_layout_is_refused(tmp_path, layout):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=r"'m'.*layout"):
        writer.add_scalars("m", {"a": 1.0}, 1, layout=layout)
