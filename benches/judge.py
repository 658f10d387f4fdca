"""Is what was written right?  No number is published of a run that fails here."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benches.workloads import embedding, expected_values
from tests.support.records import event_files, masked_crc

_ROWS = 1 << 18  # records that are compared at a time
_CRCS = 200  # records of each stretch whose checksums are computed: all bytes are compared, CRCs sampled


def only_file(log_dir: Path) -> Path:
    (path,) = event_files(log_dir)
    return path


# --- by TensorBoard's reader, before the clock starts ---------------------------------------------


def check_scalars(log_dirs: Mapping[str, Path], tags_of: Callable[[str], tuple[str, ...]]) -> None:
    """Every run of every contender holds what it should, as TensorBoard's reader reads it.

    Args:
        log_dirs: contender → log dir.
        tags_of: contender → the tags of each of its events.
    """
    from tests.support.events import scalars

    for name, log_dir in log_dirs.items():
        tags = tags_of(name)
        values = expected_values(tags)
        runs = scalars(log_dir)
        assert runs, f"{name} wrote nothing"
        for run, found in runs.items():
            steps = len(found[tags[0]])
            wanted = {
                tag: [(step, float(values[(step - 1) % len(values), column])) for step in range(1, steps + 1)]
                for column, tag in enumerate(tags)
            }
            assert found == wanted, f"{name}, run {run}: other scalars than were logged"


def check_same_events(log_dirs: Mapping[str, Path], reference: str = "torch") -> None:
    """All contenders wrote the reference's events, value by value (pixels and bucket counts exactly)."""
    from tests.support.views import assert_same_events

    for name, log_dir in log_dirs.items():
        if name != reference:
            assert_same_events(log_dir, log_dirs[reference])


def check_same_embeddings(log_dirs: Mapping[str, Path], reference: str = "torch") -> None:
    """All contenders list the same embeddings (each run compares its own files with what was logged)."""
    from google.protobuf import text_format
    from tensorboard.plugins.projector.projector_config_pb2 import ProjectorConfig

    configs = {
        name: text_format.Parse((path / "run" / "projector_config.pbtxt").read_text(), ProjectorConfig())
        for name, path in log_dirs.items()
    }
    for name, config in configs.items():
        assert config == configs[reference], f"{name}: another config than {reference}'s"


def check_like_events(log_dirs: Mapping[str, Path], reference: str = "ringboard") -> None:
    """All contenders wrote as many values of the same kinds, whose numbers differ by little.

    For what the originals themselves do not agree on: the names of a mesh's parts, the last bit of a sample,
    the 256 colours of a GIF's frame.
    """
    from tests.support.events import events_by_run
    from tests.support.views import views

    ours = {run: views(events) for run, events in events_by_run(log_dirs[reference]).items()}
    for name, log_dir in log_dirs.items():
        theirs = {run: views(events) for run, events in events_by_run(log_dir).items()}
        runs = _without_empty(theirs), _without_empty(ours)
        assert [*map(_plain, runs[0])] == [*map(_plain, runs[1])], f"{name}: other runs: {[*runs[0]]}"
        for found, expected in zip(runs[0].values(), runs[1].values(), strict=True):
            kinds = [(each.kind, each.step, each.plugin) for each in found]
            assert kinds == [(each.kind, each.step, each.plugin) for each in expected], f"{name}: {kinds}"
            for one, other in zip(found, expected, strict=True):
                for key, data in other.payload.items():
                    # moviepy lets a GIF play 65,535 times, which is 18 hours, and others for ever.
                    if isinstance(data, (np.ndarray, int, float)) and key != "loop":
                        what = f"{name}, {one.tag!r}: {key}"
                        _check_near(what, np.asarray(one.payload[key]), np.asarray(data))


def _plain(run: str) -> str:
    """torch writes the runs of add_scalars as loss_train, tensorboardX as loss/train."""
    return run.replace("/", "_")


def _without_empty(runs: Mapping[str, list]) -> dict[str, list]:
    return {run: values for run, values in runs.items() if values}


def _check_near(what: str, found: npt.NDArray, expected: npt.NDArray) -> None:
    assert found.shape == expected.shape, f"{what}: {found.shape}, expected {expected.shape}"
    if found.dtype.kind not in "iuf":
        assert (found == expected).all(), f"{what}: differs"
        return
    scale = float(np.abs(expected.astype(np.float64)).mean())
    error = float(np.abs(found.astype(np.float64) - expected.astype(np.float64)).mean())
    assert error <= 0.05 * scale, f"{what}: differs by {error:g} on average, of {scale:g}"


def check_graphs(log_dirs: Mapping[str, Path], least_nodes: int) -> None:
    """Every contender's graphs have nodes enough; ours also unique names, and inputs that exist.

    Which nodes there are is each library's own choice.
    """
    from tensorboard.compat.proto.graph_pb2 import GraphDef

    from tests.support.events import read_events

    for name, log_dir in log_dirs.items():
        graphs = [event.graph_def for event in read_events(log_dir) if event.graph_def]
        assert graphs, f"{name} wrote no graph"
        for graph in map(GraphDef.FromString, graphs):
            names = [node.name for node in graph.node]
            assert len(names) >= least_nodes, f"{name}: only {len(names)} nodes"
            if name == "ringboard":  # the rivals' graphs have inputs without a node
                assert len(set(names)) == len(names), f"{name}: a node twice"
                inputs = {each.lstrip("^").split(":")[0] for node in graph.node for each in node.input}
                assert inputs <= set(names), f"{name}: inputs without a node: {inputs - set(names)}"


# --- in bulk, after the clock stopped -------------------------------------------------------------


def check_count(path: Path, events: int) -> int:
    """The file holds `events` whole records behind its header; returns the bytes of those."""
    found, size = _count(path)
    assert found == events, f"{path}: {found} events, expected {events}"
    return size


def _count(path: Path) -> tuple[int, int]:
    """(records behind the header, their bytes)"""
    content = np.memmap(path, np.uint8, "r")
    ends = [0]
    while ends[-1] < len(content):
        (length,) = struct.unpack_from("<Q", content, ends[-1])
        ends.append(ends[-1] + 16 + length)
    assert ends[-1] == len(content), f"{path}: torn after {len(ends) - 2} records"
    return len(ends) - 2, ends[-1] - ends[1]


def check_counts(log_dir: Path, events: int) -> None:
    """All files below `log_dir` together hold `events` whole records behind their headers."""
    found = sum(_count(path)[0] for path in event_files(log_dir))
    assert found == events, f"{log_dir}: {found} events, expected {events}"


def check_scalar_file(path: Path, tags: tuple[str, ...], steps: int) -> int:
    """Every byte of a file of scalars, in seconds for 20 M records; returns the events' bytes.

    Steps 1 … `steps` in order, each one event with all `tags`.  Records whose steps take the same number
    of varint bytes are equally long: they are one table, whose columns are compared whole.  The first
    record of a table is taken apart here; in the others everything but wall time, step, values and
    checksum must be as in the first.
    """
    content = np.memmap(path, np.uint8, "r")
    (head_length,) = struct.unpack_from("<Q", content, 0)
    events_start = start = 16 + head_length
    step = 1
    for varint_bytes in range(1, 10):
        count = min(steps + 1, 1 << 7 * varint_bytes) - step
        if count <= 0:
            break
        assert start + 8 <= len(content), f"{path}: ends before step {step} of {steps}"
        record = 16 + struct.unpack_from("<Q", content, start)[0]
        held = (len(content) - start) // record
        assert held >= count, f"{path}: at most {held} events from step {step} on, expected {count}"
        table = content[start : start + count * record].reshape(count, record)
        _check_table(table, step, varint_bytes, tags)
        start, step = start + count * record, step + count
    assert start == len(content), f"{path}: {len(content) - start} bytes behind step {steps}"
    return start - events_start


def _check_table(
    table: npt.NDArray[np.uint8], first_step: int, varint_bytes: int, tags: tuple[str, ...]
) -> None:
    template = bytes(table[0])
    value_columns = _value_columns(template, varint_bytes, tags)
    fixed = np.ones(len(template), bool)
    step_at = 12 + 9 + 1
    fixed[12 + 1 : 12 + 9] = fixed[step_at : step_at + varint_bytes] = fixed[-4:] = False
    for column in value_columns:
        fixed[column : column + 4] = False
    periods = expected_values(tags)
    shifts = 7 * np.arange(varint_bytes, dtype=np.int64)
    for start in range(0, len(table), _ROWS):
        rows = np.asarray(table[start : start + _ROWS])
        step = first_step + start + np.arange(len(rows))
        assert (rows[:, fixed] == table[0, fixed]).all(), f"a record near step {step[0]} is not a scalar's"
        varint = rows[:, step_at : step_at + varint_bytes]
        assert ((varint & 0x7F).astype(np.int64) << shifts).sum(axis=1).tolist() == step.tolist(), (
            f"steps near {step[0]} are missing or out of order"
        )
        for column, values in zip(value_columns, periods.T, strict=True):
            found = np.ascontiguousarray(rows[:, column : column + 4]).view("<f4").ravel()
            assert (found == values[(step - 1) % len(values)]).all(), f"wrong values near step {step[0]}"
    for index in np.unique(np.linspace(0, len(table) - 1, _CRCS).astype(int)):
        record = bytes(table[index])
        assert struct.unpack_from("<I", record, 8)[0] == masked_crc(record[:8]), "bad length checksum"
        assert struct.unpack_from("<I", record, len(record) - 4)[0] == masked_crc(record[12:-4]), (
            "bad checksum"
        )


def _value_columns(record: bytes, varint_bytes: int, tags: tuple[str, ...]) -> list[int]:
    """Where a record of event{wall_time, step, summary{value{tag, simple_value}…}} keeps its values."""
    at = 12
    assert record[at] == 0x09, "expected Event.wall_time first"
    at += 9
    assert record[at] == 0x10, "expected Event.step second"
    at += 1 + varint_bytes
    at = _open_message(record, at, 0x2A)
    columns = []
    for tag in tags:
        name = tag.encode()
        at = _open_message(record, at, 0x0A)
        at = _open_message(record, at, 0x0A)
        assert record[at : at + len(name)] == name, f"expected the tag {tag!r}"
        at += len(name)
        assert record[at] == 0x15, "expected Value.simple_value"
        columns.append(at + 1)
        at += 5
    assert at == len(record) - 4, "an event of more fields than a scalar has"
    return columns


def _open_message(record: bytes, at: int, field: int) -> int:
    """The start of the content of a length-delimited field."""
    assert record[at] == field, f"expected field byte {field:#x} at {at}, found {record[at]:#x}"
    at += 1
    while record[at] & 0x80:
        at += 1
    return at + 1


def check_embedding(log_dir: Path, step: int, points: int) -> int:
    """One embedding's files hold every value, label and pixel; returns their bytes."""
    from PIL import Image

    folder = log_dir / f"{step:05d}" / "default"
    vectors, labels, pictures = embedding(points)
    found = np.array((folder / "tensors.tsv").read_text().split(), np.float64).astype(np.float32)
    assert np.array_equal(found.reshape(vectors.shape), vectors), f"{folder}: other vectors than were logged"
    assert (folder / "metadata.tsv").read_text().splitlines() == labels, f"{folder}: other labels"
    image = np.asarray(Image.open(folder / "sprite.png"))
    side = int(np.ceil(points**0.5))
    assert image.shape == (side * 32, side * 32, 3), f"{folder}: a sprite of shape {image.shape}"
    cells = image.reshape(side, 32, side, 32, 3).transpose(0, 2, 4, 1, 3).reshape(-1, 3, 32, 32)
    assert np.array_equal(cells[:points], (pictures * 255).astype(np.uint8)), f"{folder}: other pixels"
    return sum(path.stat().st_size for path in folder.iterdir())
