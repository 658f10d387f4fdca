"""What cannot be logged raises what a user of torch expects, says why, leaves nothing behind, and the writer
goes on."""

from __future__ import annotations

import contextlib
import os

import numpy as np
import pytest
import torch

from ringboard import SummaryWriter
from tests.support.events import read_events, scalars
from tests.support.records import event_files

TAG = "the/culprit"
NAN, INF = float("nan"), float("inf")
PICTURE = np.zeros((3, 4, 5), np.uint8)
OBJECTS = np.array([object(), None])
# 2 GiB and more without the memory: one element, repeated.
HUGE_TENSOR = torch.zeros(1, dtype=torch.uint8).expand(2**31)
HUGE_ARRAY = np.broadcast_to(np.float32(0), (2**15, 2**15))


def refused(tmp_path, call, error, *words: str) -> None:
    """`call(writer)` raises `error`, its message holds all `words`, and only what follows is in the file."""
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(error) as raised:
            call(writer)
        assert isinstance(raised.value, (TypeError, ValueError))
        for word in words:
            assert word in str(raised.value), f"{word!r} is not in {str(raised.value)!r}"
        writer.flush()
        assert all(len(read_events(path)) == 1 for path in event_files(tmp_path)), "something was logged"
        writer.add_scalar("after", 1.0, 2)
    assert scalars(tmp_path)["."] == {"after": [(2, 1.0)]}


# -- scalars -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "error", "came"),
    [
        (None, TypeError, "None"),
        ({}, TypeError, "dict"),
        ([None], TypeError, "list"),
        (["1.0"], TypeError, "list"),
        ([], ValueError, "list"),
        ((1.0, 2.0), ValueError, "tuple"),
        (object(), TypeError, "object"),
        (len, TypeError, "builtin"),
        (b"\xff", ValueError, "xff"),
        (1 + 2j, TypeError, "complex|(1+2j)"),
        (np.complex64(1j), TypeError, "1j"),
        (torch.tensor(1j), TypeError, "1j"),
        ("three", ValueError, "three"),
        ("", ValueError, "''"),
        (np.zeros(2), ValueError, "(2,)"),
        (np.zeros((0,)), ValueError, "(0,)"),
        (np.zeros((2, 3), np.int16), ValueError, "int16"),
        (torch.zeros(3), ValueError, "(3,)"),
        (torch.zeros(2, 0), ValueError, "(2, 0)"),
        (OBJECTS, (TypeError, ValueError), "object"),
        (np.array([None]), TypeError, "None"),
        (np.datetime64("2020-01-01"), TypeError, "date"),
        (torch.zeros((), device="meta"), (TypeError, ValueError), "meta"),
    ],
    ids=repr,
)
def test_scalar_value(tmp_path, value, error, came):
    refused(tmp_path / "add", lambda writer: writer.add_scalar(TAG, value, 1), error, TAG)
    refused(tmp_path / "log", lambda writer: writer.log({TAG: value}, 1), error, TAG)
    refused(tmp_path / "handle", lambda writer: writer.scalar(TAG).add(value, 1), error, TAG)
    with SummaryWriter(tmp_path / "came") as writer, pytest.raises(error) as raised:
        writer.add_scalar(TAG, value, 1)
    assert any(word in str(raised.value) for word in came.split("|")), str(raised.value)


@pytest.mark.filterwarnings("error")
def test_a_complex_number_is_not_cut_to_its_real_part(tmp_path):
    refused(tmp_path, lambda writer: writer.add_scalar(TAG, 1 + 2j, 1), TypeError, TAG, "complex")


@pytest.mark.parametrize("value", [np.zeros(2), torch.zeros(0)], ids=repr)
def test_more_than_one_element_is_torchs_assertion_error_too(tmp_path, value):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(AssertionError):
            writer.add_scalar(TAG, value, 1)
        with pytest.raises(ValueError, match="one element"):
            writer.add_scalar(TAG, value, 1)


class Furious:
    def __float__(self):
        raise ZeroDivisionError("user's own")


def test_an_exception_of_the_value_itself_passes_through(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises(ZeroDivisionError, match="user's own"):
            writer.add_scalar(TAG, Furious(), 1)
        with pytest.raises(ZeroDivisionError, match="user's own"):
            writer.log({"a": 1.0, TAG: Furious()}, 1)
    assert scalars(tmp_path) == {".": {}}


# -- step, wall time, tag: of every method -----------------------------------------------------------------

METHODS = {
    "add_scalar": lambda writer, tag, step, time: writer.add_scalar(tag, 1.0, step, time),
    "new_style": lambda writer, tag, step, time: writer.add_scalar(tag, 1.0, step, time, new_style=True),
    "add_scalars": lambda writer, tag, step, time: writer.add_scalars(tag, {"k": 1.0}, step, time),
    "handle": lambda writer, tag, step, time: writer.scalar(tag).add(1.0, step, time),
    "add_histogram": lambda writer, tag, step, time: writer.add_histogram(
        tag, np.ones(3), step, walltime=time
    ),
    "numpy histogram": lambda writer, tag, step, time: writer.add_histogram(tag, np.ones(3), step, 3, time),
    "add_histogram_raw": lambda writer, tag, step, time: writer.add_histogram_raw(
        tag, 0, 1, 2, 3, 4, [1.0], [2.0], step, time
    ),
    "add_image": lambda writer, tag, step, time: writer.add_image(tag, PICTURE, step, time),
    "add_images": lambda writer, tag, step, time: writer.add_images(tag, PICTURE[np.newaxis], step, time),
    "add_tensor": lambda writer, tag, step, time: writer.add_tensor(tag, torch.ones(2), step, time),
    "add_text": lambda writer, tag, step, time: writer.add_text(tag, "text", step, time),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("step", "error", "came"),
    [
        (2**63, ValueError, "int64"),
        (-(2**63) - 1, ValueError, "int64"),
        (10**30, ValueError, "int64"),
        (1e19, ValueError, "int64"),
        (np.uint64(2**63), ValueError, "int64"),
        (NAN, ValueError, "nan"),
        (INF, ValueError, "inf"),
        ("seven", ValueError, "seven"),
        (object(), TypeError, "object"),
        ([1], TypeError, "list"),
        (1j, TypeError, "1j"),
        (np.arange(2), (TypeError, ValueError), "(2,)"),
        (torch.arange(2), (TypeError, ValueError), "(2,)"),
    ],
    ids=repr,
)
def test_step(tmp_path, method, step, error, came):
    refused(tmp_path, lambda writer: METHODS[method](writer, TAG, step, None), error, TAG, "step", came)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("walltime", "error"),
    [
        (NAN, ValueError),
        (INF, ValueError),
        (-INF, ValueError),
        ("1.5", TypeError),
        (object(), TypeError),
        ([1], TypeError),
    ],
    ids=repr,
)
def test_walltime(tmp_path, method, walltime, error):
    refused(tmp_path, lambda writer: METHODS[method](writer, TAG, 1, walltime), error, TAG, "wall time")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tag", [5, 1.5, ["a"], object()], ids=repr)
def test_tag_of_a_wrong_type(tmp_path, method, tag):
    refused(tmp_path, lambda writer: METHODS[method](writer, tag, 1, None), TypeError, "tag")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("tag", ["\ud800", "before\udcffafter", b"\xff\xfe"], ids=repr)
def test_tag_that_is_no_unicode_text(tmp_path, method, tag):
    refused(tmp_path, lambda writer: METHODS[method](writer, tag, 1, None), ValueError)
    with SummaryWriter(tmp_path) as writer, pytest.raises(ValueError, match=r"tag|holds a lone surrogate"):
        METHODS[method](writer, tag, 1, None)
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [], "a sub-run was left behind"


@pytest.mark.parametrize("walltime", [NAN, "1"])
def test_log_step_and_walltime(tmp_path, walltime):
    refused(
        tmp_path / "time",
        lambda writer: writer.log({"a": 1.0}, 1, walltime),
        (ValueError, TypeError),
        "wall time",
    )
    refused(tmp_path / "step", lambda writer: writer.log({"a": 1.0}, 2**63), ValueError, "step", "int64")
    refused(
        tmp_path / "tag", lambda writer: writer.log({"ok": 1.0, "\ud800": 1.0}, 1), ValueError, "surrogate"
    )


# -- add_scalars -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("bad", [None, "x", np.zeros(2), object()], ids=repr)
def test_one_bad_value_among_scalars_logs_none_of_them(tmp_path, bad):
    refused(
        tmp_path,
        lambda writer: writer.add_scalars(TAG, {"first": 1.0, "bad": bad, "last": 2.0}, 1),
        (TypeError, ValueError),
        TAG,
    )


@pytest.mark.parametrize(
    "call",
    [
        lambda writer: writer.add_scalars(TAG, {"a": 1.0}, 2**63),
        lambda writer: writer.add_scalars(TAG, {"a": None}, 1),
        lambda writer: writer.add_scalars(TAG, {"a": 1.0, 5: 1.0}, 1),
    ],
    ids=["step", "value", "key"],
)
def test_refused_scalars_leave_no_run_behind(tmp_path, call):
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((TypeError, ValueError)):
            call(writer)
        assert [path for path in tmp_path.iterdir() if path.is_dir()] == []


@pytest.mark.parametrize("values", [None, 5, [1.0], "text"], ids=repr)
def test_scalars_that_are_no_mapping(tmp_path, values):
    refused(tmp_path, lambda writer: writer.add_scalars(TAG, values, 1), (TypeError, ValueError), TAG)


# -- histograms --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "error", "came"),
    [
        ([], ValueError, "no element"),
        (np.zeros((3, 0)), ValueError, "no element"),
        (torch.zeros(0), ValueError, "no element"),
        (OBJECTS, TypeError, "object"),
        (["a", "b"], TypeError, "numbers"),
        ("text", TypeError, "text"),
        (b"bytes", TypeError, "bytes"),
        (None, TypeError, "None"),
        ({"a": 1}, TypeError, "dict"),
        ({1, 2}, TypeError, "set"),
        (np.ones(2, np.complex128), TypeError, "complex"),
        (torch.ones(2, dtype=torch.complex64), TypeError, "complex"),
        ([[1, 2], [3]], TypeError, "list"),
        (np.array(["2020-01-01"], "M8[D]"), TypeError, "datetime"),
        (np.zeros(2, [("a", "f4")]), TypeError, "dtype"),
        (torch.zeros(3, device="meta"), (TypeError, ValueError), "meta"),
        (object(), TypeError, "object"),
        (iter([1, 2]), TypeError, "iterator"),
    ],
    ids=repr,
)
def test_histogram_values(tmp_path, values, error, came):
    refused(tmp_path / "default", lambda writer: writer.add_histogram(TAG, values, 1), error, TAG, came)
    refused(tmp_path / "numpy", lambda writer: writer.add_histogram(TAG, values, 1, bins=3), error, TAG, came)


@pytest.mark.parametrize(
    "bins", ["no such rule", [2.0, 1.0], 0, -3, 2.5, [[1.0, 2.0]], None, object()], ids=repr
)
def test_histogram_bins(tmp_path, bins):
    refused(
        tmp_path,
        lambda writer: writer.add_histogram(TAG, np.arange(9.0), 1, bins=bins),
        (TypeError, ValueError),
        TAG,
        "bins",
    )


@pytest.mark.parametrize("max_bins", [0, -1, 2.5, "many"], ids=repr)
@pytest.mark.parametrize("bins", ["tensorflow", 30])
def test_histogram_max_bins(tmp_path, bins, max_bins):
    refused(
        tmp_path,
        lambda writer: writer.add_histogram(TAG, np.arange(99.0), 1, bins, max_bins=max_bins),
        (TypeError, ValueError),
        TAG,
        "max_bins",
    )


@pytest.mark.parametrize(
    ("limits", "counts"),
    [
        ([1.0, 2.0], [1.0]),
        ([1.0], []),
        (1.0, 1.0),
        ([[1.0]], [[1.0]]),
        (None, [1.0]),
        (["a"], [1.0]),
        ([1j], [1.0]),
        ([1.0], OBJECTS[:1]),
    ],
    ids=repr,
)
def test_raw_histogram_buckets(tmp_path, limits, counts):
    refused(
        tmp_path,
        lambda writer: writer.add_histogram_raw(TAG, 0, 1, 2, 3, 4, limits, counts, 1),
        (TypeError, ValueError),
        TAG,
    )


@pytest.mark.parametrize("bad", [None, "x", [1.0, 2.0], 1j], ids=repr)
@pytest.mark.parametrize("field", range(5))
def test_raw_histogram_statistics(tmp_path, field, bad):
    statistics = [0.0, 1.0, 2.0, 3.0, 4.0]
    statistics[field] = bad
    refused(
        tmp_path,
        lambda writer: writer.add_histogram_raw(TAG, *statistics, [1.0], [1.0], 1),
        (TypeError, ValueError),
        TAG,
    )


# -- images ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("image", "axes", "error"),
    [
        (np.zeros((4, 5)), "CHW", ValueError),
        (np.zeros((3, 4, 5)), "HW", ValueError),
        (np.zeros((3, 4, 5)), "NCHW", ValueError),
        (np.zeros((5, 4, 4)), "CHW", ValueError),
        (np.zeros((0, 4, 4)), "CHW", ValueError),
        (np.zeros((3, 0, 4)), "CHW", ValueError),
        (np.zeros((0, 3, 4, 4)), "NCHW", ValueError),
        (np.zeros((3, 4, 5)), "CHH", ValueError),
        (np.zeros((3, 4, 5)), "CHX", ValueError),
        (np.zeros((3, 4, 5)), "CH", ValueError),
        (np.zeros((3, 4, 5)), "", ValueError),
        (np.zeros((3, 4, 5)), None, (TypeError, ValueError)),
        (np.zeros((3, 4, 5)), 5, (TypeError, ValueError)),
        (np.zeros((1, 2, 3, 4, 5)), "NTCHW", ValueError),
        (np.float32(1.0), "CHW", ValueError),
        (np.zeros((3, 4, 5), np.complex64), "CHW", TypeError),
        (np.full((3, 4, 5), None), "CHW", TypeError),
        (torch.zeros((3, 4, 5), device="meta"), "CHW", (TypeError, ValueError)),
        ("path.png", "CHW", TypeError),
        (None, "CHW", TypeError),
        ([[[1, 2], [3]]], "CHW", TypeError),
    ],
    ids=lambda value: f"{value.dtype}{list(value.shape)}" if hasattr(value, "shape") else repr(value),
)
@pytest.mark.parametrize("method", ["add_image", "add_images"])
def test_image(tmp_path, method, image, axes, error):
    refused(tmp_path, lambda writer: getattr(writer, method)(TAG, image, 1, dataformats=axes), error, TAG)


def test_an_image_that_no_png_can_hold(tmp_path):
    endless = np.broadcast_to(np.uint8(0), (3, 2**16, 2**32))
    with SummaryWriter(tmp_path) as writer:
        with pytest.raises((ValueError, MemoryError)) as raised:
            writer.add_image(TAG, endless, 1)
        assert TAG in str(raised.value)


# -- tensors and text --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tensor", "error", "came"),
    [
        (HUGE_TENSOR, ValueError, "2 GiB"),
        (HUGE_ARRAY, ValueError, "2 GiB"),
        (OBJECTS, TypeError, "object"),
        (None, TypeError, "None"),
        ("text", TypeError, "text"),
        (["a"], TypeError, "numbers"),
        (object(), TypeError, "object"),
        (torch.zeros(3, device="meta"), (TypeError, ValueError), "meta"),
    ],
    ids=["torch 2 GiB", "numpy 4 GiB", "objects", "None", "str", "strings", "object", "meta"],
)
def test_tensor(tmp_path, tensor, error, came):
    refused(tmp_path, lambda writer: writer.add_tensor(TAG, tensor, 1), error, TAG, came)


@pytest.mark.parametrize("text", [None, 5, b"bytes", ["a"], object()], ids=repr)
def test_text_of_a_wrong_type(tmp_path, text):
    refused(tmp_path, lambda writer: writer.add_text(TAG, text, 1), TypeError, TAG, "str")


def test_text_with_a_lone_surrogate(tmp_path):
    refused(tmp_path, lambda writer: writer.add_text(TAG, "a\ud800b", 1), ValueError, TAG, "surrogate")


# -- log dir -----------------------------------------------------------------------------------------------


def test_log_dir_is_a_file(tmp_path):
    (tmp_path / "file").write_text("mine")
    for where in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OSError, match="file") as raised:
            SummaryWriter(where)
        assert raised.value.errno
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_log_dir_is_not_writable(tmp_path):
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(PermissionError, match="closed"):
        SummaryWriter(tmp_path / "closed")


@pytest.mark.parametrize("where", ["/proc", "/proc/self", "/proc/ringboard/run", "/sys/run"])
def test_log_dir_where_even_root_cannot_write(where):
    with pytest.raises(OSError) as raised:
        SummaryWriter(where)
    assert str(raised.value.filename).startswith(where[:5])
    assert raised.value.errno


@pytest.mark.parametrize("where", ["s3://bucket/run", "gs://bucket/run", "nowhere://host/run"])
def test_log_dir_is_a_url_that_nothing_installed_writes_to(tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    with pytest.raises((ValueError, ImportError), match=where):
        SummaryWriter(where)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("where", [5, 1.5, ["run"], object()], ids=repr)
def test_log_dir_of_a_wrong_type(tmp_path, monkeypatch, where):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError):
        SummaryWriter(where)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("suffix", ["/x", "../x", "a/../../b", "\0"])
def test_filename_suffix_stays_in_the_directory(tmp_path, suffix):
    with pytest.raises(ValueError, match="filename_suffix"):
        SummaryWriter(tmp_path / "run", filename_suffix=suffix)
    assert list(tmp_path.rglob("*tfevents*")) == []


@pytest.mark.parametrize("purge_step", [2**63, "x", NAN])
def test_purge_step(tmp_path, purge_step):
    with pytest.raises((TypeError, ValueError), match="purge_step"):
        SummaryWriter(tmp_path / "run", purge_step=purge_step)
    assert list(tmp_path.rglob("*tfevents*")) == []


@pytest.mark.parametrize("comment", ["/../../out", "a/b", "\0"])
def test_comment_does_not_lead_out_of_runs(tmp_path, monkeypatch, comment):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with contextlib.suppress(ValueError):
        SummaryWriter(comment=comment).close()
    assert {path.name for path in tmp_path.iterdir()} == {"here"}
