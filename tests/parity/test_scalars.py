"""add_scalars leaves the runs that torch's leaves."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from tests.support.events import events_by_run, read_events


def test_runs_and_values(pair):
    def fill(writer):
        for step in range(3):
            writer.add_scalars("both", {"train": step, "eval": np.float32(0.1), "t": torch.tensor(2.0)}, step)
        writer.add_scalar("alone", 1.0, 3)

    pair.same(fill)
    assert set(events_by_run(pair.ours)) == {".", "both_train", "both_eval", "both_t"}


@pytest.mark.parametrize("main_tag", ["a/b", "a/b/c", "/lead", "trail/", "", "with space", "損失", "a.b"])
def test_main_tags(pair, main_tag):
    pair.same(lambda writer: writer.add_scalars(main_tag, {"k": 1.0, "l": 2.0}, 1))


@pytest.mark.parametrize(
    "key", ["plain", "nested/key", "nested/deeper/key", "with space", "鍵", "dotted.key", ""]
)
def test_keys(pair, key):
    pair.same(lambda writer: writer.add_scalars("main", {key: 1.0}, 1))


def test_main_tag_with_key_of_several_parts(pair):
    pair.same(lambda writer: writer.add_scalars("a/b", {"c/d": 1.0, "c/e": 2.0, "c": 3.0}, 1))


def test_one_wall_time_for_all(pair):
    pair.same(lambda writer: writer.add_scalars("main", {"a": 1.0, "b": 2.0, "c": 3.0}, 1))
    times = {event.wall_time for event in read_events(pair.ours) if event.summary.value}
    assert len(times) == 1


def test_walltime_given(pair):
    pair.same(lambda writer: writer.add_scalars("main", {"a": 1.0, "b": 2.0}, 1, 12.5))
    for path in (pair.ours, pair.theirs):
        assert {event.wall_time for event in read_events(path) if event.summary.value} == {12.5}


def test_nothing_to_log(pair):
    pair.same(lambda writer: writer.add_scalars("main", {}, 1))


def test_reopened_after_close(pair):
    def fill(writer):
        writer.add_scalars("main", {"a": 1.0}, 1)
        writer.close()
        writer.add_scalars("main", {"a": 2.0}, 2)

    pair.same(fill)


def test_all_writers_has_torchs_names(pair):
    names = []

    def fill(writer):
        writer.add_scalars("m/n", {"a": 1.0, "b/c": 2.0}, 1)
        names.append([name.removeprefix(str(writer.log_dir)) for name in writer.all_writers])

    pair.same(fill)
    assert names[0] == names[1]
    assert len(names[0]) == 3
