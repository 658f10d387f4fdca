"""add_hparams leaves torch's session where torch accepts the values, and TensorBoard's table shows them.

set_hparams, which the others don't have, makes this run a row of that table.
"""

from __future__ import annotations

import enum
import functools
import itertools
import json
import os
import threading
import time
import urllib.request
from collections import OrderedDict
from decimal import Decimal
from fractions import Fraction
from pathlib import Path, PurePosixPath
from types import MappingProxyType, SimpleNamespace

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.hparams import api_pb2, plugin_data_pb2
from torch.utils.tensorboard import summary as torch_summary

from ringboard import SummaryWriter
from ringboard.summaries.hparams import (
    experiment,
    hparam_info,
    hparams_summaries,
    metric_info,
    session_start,
    value_proto,
)
from tests.parity.pair import Pair
from tests.support.events import events_by_run, read_events, scalars
from tests.support.records import event_files
from tests.support.tensorboard_server import TensorBoard
from tests.support.views import views

READERS = ["rustboard", "python"]
METRICS = {"hparam/accuracy": 0.75, "hparam/loss": 2}


@pytest.fixture
def pair(tmp_path):
    return Pair(tmp_path)


def same_run(pair: Pair, *arguments, peer: str = "torch", **options) -> None:
    name = "name" if peer == "tensorboardX" else "run_name"
    pair.same(lambda writer: writer.add_hparams(*arguments, **{name: "trial"}, **options), peer=peer)


def session_of(events) -> dict[str, object]:
    """The hyperparameters of the last session start among events."""
    found: dict[str, object] = {}
    for event in events:
        for value in event.summary.value:
            if value.tag == "_hparams_/session_start_info":
                content = plugin_data_pb2.HParamsPluginData.FromString(value.metadata.plugin_data.content)
                start = content.session_start_info
                found = {name: getattr(one, one.WhichOneof("kind")) for name, one in start.hparams.items()}
    return found


# --- as the others ------------------------------------------------------------------------------------


@pytest.mark.parametrize("peer", ["torch", "tensorboardX"])
@pytest.mark.parametrize(
    "hparams",
    [
        {"lr": 0.1, "layers": 3, "name": "adam", "none": None},
        {},
        {"": "", "ü/x y": "多言語 🙂", "zero": 0, "minus": -0.0, "huge": 2**60 + 1},
        {"nan": float("nan"), "inf": float("inf"), "np": np.float64(0.1)},
    ],
    ids=str,
)
@pytest.mark.parametrize("metrics", [METRICS, {}, {"nan": float("nan"), "np": np.float32(0.5)}], ids=str)
def test_values(pair, peer, hparams, metrics):
    same_run(pair, hparams, metrics, peer=peer)


def test_booleans_as_tensorboardx_writes_them(pair):
    same_run(pair, {"a": True, "b": False}, METRICS, peer="tensorboardX")


def test_a_step_is_on_every_event(pair):
    same_run(pair, {"lr": 0.1}, METRICS, global_step=7)


def test_functions_as_tensorboardx_writes_them(pair):
    same_run(pair, {"f": len, "class": dict, "own": session_of}, METRICS, peer="tensorboardX")


@pytest.mark.parametrize(
    ("hparams", "domain"),
    [
        ({"lr": 0.1, "n": 3}, {"lr": [0.1, 0.2], "n": [1, 2, 3]}),
        ({"s": "a"}, {"s": ["a", "b", ""]}),
        ({"s": "a"}, {"s": []}),
        ({"s": 1}, {}),
    ],
)
def test_domains(pair, hparams, domain):
    same_run(pair, hparams, METRICS, domain)


@pytest.mark.parametrize("tensor", [torch.tensor([0.5]), torch.tensor([3])])
def test_tensors_of_one_element(pair, tensor):
    same_run(pair, {"t": tensor}, METRICS)


class Optimizer(str, enum.Enum):
    ADAM = "adam"


class Layers(enum.IntEnum):
    DEEP = 9


def test_enums_that_are_strings_or_numbers(pair):
    same_run(pair, {"a": Optimizer.ADAM, "b": Layers.DEEP}, METRICS)


# --- where they lose or refuse the value ----------------------------------------------------------------


class Colour(enum.Enum):
    RED = 1


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (True, True),
        (np.bool_(False), False),
        (torch.tensor(True), True),
        (np.float32(0.5), 0.5),
        (np.float16(0.1), float(np.float16(0.1))),
        (ml_dtypes.bfloat16(0.5), 0.5),
        (np.int64(3), 3.0),
        (np.uint8(3), 3.0),
        (np.array(2.5), 2.5),
        (np.array([[2.5]]), 2.5),
        (torch.tensor(0.5), 0.5),
        (torch.tensor(3, dtype=torch.bfloat16), 3.0),
        (torch.nn.Parameter(torch.tensor(0.5)), 0.5),
        (Fraction(1, 2), 0.5),
        (Decimal("0.1"), 0.1),
        (10**400, str(10**400)),
        (np.str_("x"), "x"),
        (b"x", "b'x'"),
        (Colour.RED, "Colour.RED"),
        (PurePosixPath("/data/x"), "/data/x"),
        (Path(os.fsdecode(b"a\xff")), "a\\xff"),
        ([1, "a", None], "[1, 'a', None]"),
        ((3, 3), "(3, 3)"),
        (range(3), "range(0, 3)"),
        (np.array([1, 2]), "[1, 2]"),
        (torch.tensor([[1.5], [2.5]]), "[[1.5], [2.5]]"),
        (np.array(["a"]), "['a']"),
        (np.datetime64("2024-01-02"), "2024-01-02"),
        (1 + 2j, "(1+2j)"),
        (torch.float16, "torch.float16"),
        (torch.device("cpu"), "cpu"),
        (torch.nn.ReLU, "ReLU"),
        (torch.nn.ReLU(), "ReLU()"),
        (torch.relu, "relu"),
        (np.float32, "float32"),
        (functools.partial(max, 1), "functools.partial(<built-in function max>, 1)"),
    ],
    ids=repr,
)
def test_other_values(tmp_path, value, shown):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"value": value}, {}, run_name="run")
    found = session_of(events_by_run(tmp_path)["run"])["value"]
    assert (found, type(found)) == (shown, type(shown))


@pytest.mark.parametrize("kind", [dict, OrderedDict, MappingProxyType])
def test_nested_dicts_are_flattened(tmp_path, kind):
    nested = kind(
        {
            "optimizer": kind({"name": "adam", "betas": kind({"1": 0.9, 2: 0.99})}),
            "empty": kind({}),
            "x": None,
        }
    )
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams(nested, kind({}), run_name="run")
    expected = {"optimizer/name": "adam", "optimizer/betas/1": 0.9, "optimizer/betas/2": 0.99}
    assert session_of(events_by_run(tmp_path)["run"]) == expected


def test_two_of_one_name_are_refused(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match="'a/b'"):
        writer.add_hparams({"a/b": 1, "a": {"b": 2}}, {})


def test_domains_of_booleans_and_of_nested_names():
    values = {"flag": True, "a": {"b": np.float32(0.5)}, "none": None}
    domain = {"flag": [True, False], "a": {"b": (0.5, 1)}, "none": ["x"]}
    exp, _, _ = hparams_summaries(values, {}, domain)
    content = Summary.FromString(exp).value[0].metadata.plugin_data.content
    infos = plugin_data_pb2.HParamsPluginData.FromString(content).experiment.hparam_infos
    assert [(one.name, one.type, list(one.domain_discrete)) for one in infos] == [
        ("flag", api_pb2.DATA_TYPE_BOOL, [True, False]), ("a/b", api_pb2.DATA_TYPE_FLOAT64, [0.5, 1.0]),
    ]  # fmt: skip


# --- bytes ------------------------------------------------------------------------------------------


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
VALUE = st.booleans() | st.floats(allow_nan=False) | TEXT
KINDS = {bool: api_pb2.DATA_TYPE_BOOL, float: api_pb2.DATA_TYPE_FLOAT64, str: api_pb2.DATA_TYPE_STRING}


def set_value(proto, value) -> None:
    setattr(proto, {bool: "bool_value", float: "number_value", str: "string_value"}[type(value)], value)


def in_summary(tag: str, content: plugin_data_pb2.HParamsPluginData) -> bytes:
    summary = Summary()
    value = summary.value.add(tag=tag)
    value.metadata.plugin_data.plugin_name = "hparams"
    value.metadata.plugin_data.content = content.SerializeToString()
    return summary.SerializeToString()


@given(st.dictionaries(TEXT, VALUE, max_size=1))
def test_session_start_bytes(values):
    assert session_start(values) == in_summary("_hparams_/session_start_info", start_of(values))


@given(st.dictionaries(TEXT, VALUE, max_size=6))
def test_session_start_in_any_order(values):
    # A map's entries have no order of their own.
    assert content_of(Summary.FromString(session_start(values))) == start_of(values)
    assert session_start(values) == session_start(dict(reversed(values.items())))


def start_of(values) -> plugin_data_pb2.HParamsPluginData:
    content = plugin_data_pb2.HParamsPluginData()
    content.session_start_info.SetInParent()
    for name, value in values.items():
        set_value(content.session_start_info.hparams[name], value)
    return content


@given(st.dictionaries(TEXT, VALUE, max_size=4), st.lists(TEXT, max_size=3), st.data())
def test_experiment_bytes(values, metrics, data):
    content = plugin_data_pb2.HParamsPluginData()
    content.experiment.SetInParent()
    domains = {}
    for name, value in values.items():
        info = content.experiment.hparam_infos.add(name=name, type=KINDS[type(value)])
        if data.draw(st.booleans()):
            domains[name] = data.draw(st.lists(VALUE, max_size=3))
            info.domain_discrete.SetInParent()
            for one in domains[name]:
                set_value(info.domain_discrete.values.add(), one)
        assert hparam_info(name, KINDS[type(value)], domains.get(name)) == info.SerializeToString()
    for tag in metrics:
        added = content.experiment.metric_infos.add()
        added.name.SetInParent()
        added.name.tag = tag
        assert metric_info(tag) == added.SerializeToString()
    assert experiment(values, metrics, domains) == in_summary("_hparams_/experiment", content)


@given(VALUE)
def test_value_bytes(value):
    expected = api_pb2.HParamInfo().domain_discrete.values.add()
    set_value(expected, value)
    assert value_proto(value) == expected.SerializeToString()


@given(
    st.dictionaries(TEXT, st.floats(allow_nan=False) | st.integers(-(2**63), 2**63) | TEXT),
    st.dictionaries(TEXT, st.floats()),
)
def test_the_three_summaries_are_torchs(hparams, metrics):
    ours = [Summary.FromString(one) for one in hparams_summaries(hparams, metrics)]
    assert [each(one) for one in ours for each in (tag_of, content_of)] == [
        each(one) for one in torch_summary.hparams(hparams, metrics) for each in (tag_of, content_of)
    ]


def tag_of(summary: Summary) -> str:
    return summary.value[0].tag


def content_of(summary: Summary) -> plugin_data_pb2.HParamsPluginData:
    return plugin_data_pb2.HParamsPluginData.FromString(summary.value[0].metadata.plugin_data.content)


# --- errors -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((None, {}), TypeError, "hparam_dict"),
        (({}, [1]), TypeError, "metric_dict"),
        (({"a": object()}, {}), ValueError, "hparam 'a'"),
        (({"a": torch.zeros(1001)}, {}), ValueError, "'a': 1001 elements"),
        (({"a": torch.zeros(1, device="meta")}, {}), ValueError, "'a'"),
        (({}, {"acc": None}), TypeError, "acc"),
        (({}, {"acc": [1, 2]}), (TypeError, ValueError), "acc"),
        (({}, {"acc": "x"}), ValueError, "acc"),
        (({}, {3: 1.0}), TypeError, "tag"),
        (({"a": 1}, {}, {"b": [1]}), TypeError, "'b'.*no such hyperparameter"),
        (({"a": 1}, {}, {"a": 1}), TypeError, "'a'.*a list"),
        (({"a": 1}, {}, {"a": ["x"]}), TypeError, "'a'.*a number.*'x'"),
        (({"a": True}, {}, {"a": [1]}), TypeError, "'a'.*a boolean"),
        (({"a": "x"}, {}, {"a": [None]}), TypeError, "'a'.*a string"),
        (({}, {}, [1]), TypeError, "hparam_domain_discrete"),
        (({}, {}, None, 5), TypeError, "run_name"),
        (({}, {}, None, "r", "x"), ValueError, "step"),
        (({"a": "\ud800"}, {}), ValueError, "surrogate"),
        (({}, {}, None, "a\0b"), ValueError, "NUL"),
    ],
)  # fmt: skip
def test_bad_input_leaves_nothing(tmp_path, arguments, error, message):
    with SummaryWriter(tmp_path) as writer, pytest.raises(error, match=message):
        writer.add_hparams(*arguments)
    assert len(event_files(tmp_path)) == 1
    assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


def test_two_names_of_one_argument(tmp_path):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="two names"):
        writer.add_hparams({}, {}, run_name="a", name="b")


@pytest.mark.parametrize("hparams", [None, [("a", 1)], "a"])
def test_set_hparams_takes_a_dict(tmp_path, hparams):
    with SummaryWriter(tmp_path) as writer, pytest.raises(TypeError, match="hparam_dict as a dict"):
        writer.set_hparams(hparams)


# --- runs -------------------------------------------------------------------------------------------


WAYS_OUT = ["..", "../x", "/", "/etc/x", "/tmp/escaped", "a/../../b", "./..", "../" * 30 + "tmp/x", "a/.."]


@pytest.mark.parametrize("name", WAYS_OUT)
def test_no_name_leads_out(tmp_path, name):
    log_dir = tmp_path / "a" / "log"
    with SummaryWriter(log_dir) as writer:
        writer.add_hparams({"lr": 1}, {"m": 2.0}, run_name=name)
    assert {path.relative_to(tmp_path).parts[:2] for path in event_files(tmp_path)} == {("a", "log")}
    assert {path.name for path in tmp_path.iterdir()} == {"a"}
    assert sum("m" in tags for tags in scalars(log_dir).values()) == 1


def test_a_symbolic_link_out_is_refused(tmp_path):
    (tmp_path / "log").mkdir()
    (tmp_path / "outside").mkdir()
    (tmp_path / "log" / "trial").symlink_to(tmp_path / "outside")
    with SummaryWriter(tmp_path / "log") as writer, pytest.raises(ValueError, match="link"):
        writer.add_hparams({"lr": 1}, {}, run_name="trial")
    assert list((tmp_path / "outside").iterdir()) == []


OWN = [
    ".",
    "./",
    "././/",
    "the absolute path",
    "the absolute path/",
    "through a link",
    "the absolute path/x/..",
]


@pytest.mark.parametrize("name", OWN)
def test_this_run_itself(tmp_path, name, monkeypatch):
    (tmp_path / "link").symlink_to("log")
    name = name.replace("the absolute path", f"{tmp_path}/log").replace("through a link", f"{tmp_path}/link")
    monkeypatch.chdir(tmp_path)
    with SummaryWriter("log") as writer:
        writer.add_scalar("before", 1.0, 1)
        writer.add_hparams({"lr": 0.5}, METRICS, run_name=name, global_step=3)
        writer.add_scalar("after", 1.0, 1)
        path = writer.file_writer.event_writer.path
    assert [os.path.abspath(one) for one in event_files(tmp_path)] == [os.path.abspath(path)]
    tags = [(one.tag, one.step) for one in views(path)]
    session = [f"_hparams_/{part}" for part in ("experiment", "session_start_info", "session_end_info")]
    assert tags == [("before", 1), *((tag, 3) for tag in [*session, *METRICS]), ("after", 1)]


def test_an_absolute_path_below_the_log_dir(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.add_hparams({"lr": 0.5}, {"m": 1.0}, run_name=tmp_path / "a" / "b")
    assert scalars(tmp_path)["a/b"] == {"m": [(0, 1.0)]}


@pytest.mark.parametrize("name", [None, ""])
def test_without_a_name_every_call_makes_a_new_run(tmp_path, name):
    before = time.time()
    with SummaryWriter(tmp_path) as writer:
        for trial in range(20):
            writer.add_hparams({"trial": trial}, {"m": trial}, run_name=name)
    runs = sorted((run for run in events_by_run(tmp_path) if run != "."), key=float)
    assert len(runs) == 20
    assert before <= float(runs[0]) <= float(runs[-1]) <= time.time()
    assert [session_of(events_by_run(tmp_path)[run])["trial"] for run in runs] == list(range(20))


def test_the_time_names_one_run_also_when_threads_ask_at_once(tmp_path, monkeypatch):
    ticks = itertools.count(int(time.time()) * 4)
    coarse = SimpleNamespace(time=lambda: float(next(ticks) // 4))  # says everything four times
    monkeypatch.setattr("ringboard._plugins.time", coarse)
    with SummaryWriter(tmp_path) as writer:
        threads = [
            threading.Thread(target=writer.add_hparams, args=({"trial": trial}, {"m": trial}))
            for trial in range(8)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    runs = events_by_run(tmp_path)
    assert sorted(session_of(runs[run])["trial"] for run in runs if run != ".") == list(range(8))


def test_a_thousand_trials_keep_nothing_open(tmp_path):
    files_before, threads_before = (len(os.listdir(f"/proc/self/{kind}")) for kind in ("fd", "task"))
    with SummaryWriter(tmp_path) as writer:
        most_files = most_threads = 0
        for trial in range(1000):
            writer.add_hparams({"trial": trial, "flag": True}, {"m": trial})
            most_files = max(most_files, len(os.listdir("/proc/self/fd")))
            most_threads = max(most_threads, len(os.listdir("/proc/self/task")))
        assert list(writer.all_writers) == [str(tmp_path)]  # as torch's
        assert most_files - files_before <= 4
        assert most_threads - threads_before <= 1
        assert writer.stats()["accepted"] == 4000
    assert writer.stats()["written"] == 4000
    runs = events_by_run(tmp_path)
    assert sorted(session_of(runs[run])["trial"] for run in runs if run != ".") == list(range(1000))


def test_after_close_and_in_between(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.close()
    writer.add_hparams({"lr": 1}, {"m": 1.0}, run_name="late")
    writer.close()
    assert scalars(tmp_path)["late"] == {"m": [(0, 1.0)]}


# --- set_hparams ------------------------------------------------------------------------------------


def test_set_hparams_is_this_runs_session(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.set_hparams({"lr": 0.1, "sizes": [1, 2]}, metrics=["loss", "acc"])
    assert len(event_files(tmp_path)) == 1
    first, second = (Summary(value=event.summary.value) for event in read_events(tmp_path)[1:])
    assert [one.name.tag for one in content_of(first).experiment.metric_infos] == ["loss", "acc"]
    assert [one.name for one in content_of(first).experiment.hparam_infos] == ["lr", "sizes"]
    assert tag_of(second) == "_hparams_/session_start_info"
    assert session_of(read_events(tmp_path)) == {"lr": 0.1, "sizes": "[1, 2]"}


def test_without_metrics_tensorboard_chooses_the_columns(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.set_hparams({"lr": 0.1})
    assert [one.tag for one in views(tmp_path)] == ["_hparams_/session_start_info"]


def test_one_metric_is_not_a_list_of_letters(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        writer.set_hparams({"lr": 0.1}, metrics="loss")
    session = Summary(value=read_events(tmp_path)[1].summary.value)
    assert [one.name.tag for one in content_of(session).experiment.metric_infos] == ["loss"]


def first_session(directory) -> dict[str, object]:
    """What a reader that keeps the first session of a run keeps."""
    for event in read_events(directory):
        if found := session_of([event]):
            return found
    return {}


def update_by_set_hparams(log_dir):
    with SummaryWriter(log_dir) as writer:
        for lr in (0.1, 0.2, 0.3):
            writer.set_hparams({"lr": lr})


def update_by_add_hparams(log_dir):
    with SummaryWriter(log_dir) as writer:
        writer.set_hparams({"lr": 0.1})
        writer.add_hparams({"lr": 0.3}, {"m": 1.0}, run_name=".")


def update_by_another_writer(log_dir):
    for lr in (0.1, 0.2, 0.3):
        with SummaryWriter(log_dir) as writer:
            writer.set_hparams({"lr": lr})


def update_after_close(log_dir):
    writer = SummaryWriter(log_dir)
    for lr in (0.1, 0.3):
        writer.set_hparams({"lr": lr})
        writer.close()


def update_a_trial(log_dir):
    with SummaryWriter(log_dir.parent) as writer:
        for lr in (0.1, 0.2, 0.3):
            writer.add_hparams({"lr": lr}, {"m": lr}, run_name=log_dir.name)


UPDATES = [
    update_by_set_hparams,
    update_by_add_hparams,
    update_by_another_writer,
    update_after_close,
    update_a_trial,
]


@pytest.mark.parametrize("update", UPDATES)
def test_the_last_call_is_what_is_read_first(tmp_path, update):
    update(tmp_path / "run")
    assert first_session(tmp_path / "run") == {"lr": 0.3}
    assert [path.name for path in (tmp_path / "run").iterdir() if "tfevents" not in path.name] == []


# --- TensorBoard ------------------------------------------------------------------------------------


def rows(board: TensorBoard) -> dict[str, tuple[dict[str, object], dict[str, float]]]:
    """{run: (hyperparameters, metrics)} as the HParams tab's table gets them."""
    statuses = ["STATUS_UNKNOWN", "STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING"]
    question = {
        "experimentName": "",
        "allowedStatuses": statuses,
        "startIndex": 0,
        "sliceSize": 5000,
        "colParams": [],
    }
    url, kind = f"{board.url}data/plugin/hparams/session_groups", {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(question).encode(), kind)
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=60) as response:
        groups = json.loads(response.read()).get("sessionGroups", [])
    return {
        group["name"]: (
            group.get("hparams", {}),
            {metric["name"]["tag"]: metric["value"] for metric in group.get("metricValues", [])},
        )
        for group in groups
    }


@pytest.mark.parametrize("reader", READERS)
def test_the_table_shows_a_sweep(tmp_path, reader):
    with SummaryWriter(tmp_path) as writer:
        for trial in range(3):
            writer.add_hparams(
                {
                    "lr": 0.5**trial,
                    "model": {"depth": np.int64(trial)},
                    "bias": trial > 0,
                    "path": Path("/x"),
                    "no": None,
                },
                {"hparam/acc": trial / 2, "hparam/loss": torch.tensor(1.0)},
                {"bias": [True, False]},
                run_name=f"trial{trial}",
            )
    with TensorBoard(tmp_path, reader) as board:
        board.wait_for(lambda: len(rows(board)) == 3 and all(metrics for _, metrics in rows(board).values()))
        found = rows(board)
        columns = board.hparams()
    for trial in range(3):
        values, metrics = found[f"trial{trial}"]
        assert values == {"lr": 0.5**trial, "model/depth": trial, "bias": trial > 0, "path": "/x"}
        assert isinstance(values["bias"], bool)
        assert metrics == {"hparam/acc": trial / 2, "hparam/loss": 1.0}
    types = {one["name"]: one["type"].removeprefix("DATA_TYPE_") for one in columns["hparamInfos"]}
    assert types == {"lr": "FLOAT64", "model/depth": "FLOAT64", "bias": "BOOL", "path": "STRING"}
    assert [one["name"]["tag"] for one in columns["metricInfos"]] == ["hparam/acc", "hparam/loss"]


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("metrics", [["loss"], []])
def test_the_table_shows_runs_that_set_their_own(tmp_path, reader, metrics):
    for run, lr in (("a", 0.1), ("b", 0.2)):
        with SummaryWriter(tmp_path / run) as writer:
            writer.set_hparams({"lr": lr, "old": True}, metrics)
            for step in range(5):
                writer.add_scalar("loss", lr + step, step)
            writer.set_hparams({"lr": lr, "final": True}, metrics)
    with TensorBoard(tmp_path, reader) as board:
        expected = {
            run: ({"lr": lr, "final": True}, {"loss": pytest.approx(lr + 4)})
            for run, lr in (("a", 0.1), ("b", 0.2))
        }
        board.wait_for(lambda: rows(board) == expected)
        assert [one["name"]["tag"] for one in board.hparams()["metricInfos"]] == ["loss"]


@pytest.mark.parametrize("reader", READERS)
def test_a_running_tensorboard_shows_the_first_set_hparams(tmp_path, reader):
    with SummaryWriter(tmp_path / "run") as writer, TensorBoard(tmp_path, reader) as board:
        writer.add_scalar("loss", 1.0, 1)
        writer.flush()
        board.wait_for(lambda: board.has_tag("run", "loss"))
        writer.set_hparams({"lr": 0.5})
        writer.flush()
        board.wait_for(lambda: rows(board) == {"run": ({"lr": 0.5}, {"loss": 1.0})})
