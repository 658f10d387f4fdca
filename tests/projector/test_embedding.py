"""add_embedding: torch's files where torch's are right, and TensorBoard's Projector serves them.

What the Projector's page does with a sprite and with metadata is restated here (`cut`, `read_labels`) from
its own code: the page needs WebGL.
"""

from __future__ import annotations

import string
import urllib.error
import urllib.parse
import warnings
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import ringboard
from ringboard import SummaryWriter
from ringboard.projector import labels, names, sprite, write_embedding
from tests.parity.pair import WRITERS
from tests.support.projector import (
    CONFIG,
    LABELS,
    MAT,
    PICTURES,
    RNG,
    config,
    cut,
    files,
    numbers,
    pixels,
    read_labels,
    tensor_names,
)
from tests.support.tensorboard_server import TensorBoard


def both(tmp_path: Path, fill, peer: str = "torch") -> tuple[dict[str, bytes], dict[str, bytes]]:
    """(ours, theirs): the files that the same calls leave."""
    found = []
    for name, writer_class in (("ours", ringboard.SummaryWriter), ("theirs", WRITERS[peer])):
        writer = writer_class(str(tmp_path / name))
        fill(writer)
        writer.close()
        found.append(files(tmp_path / name))
    return found[0], found[1]


def assert_same_files(ours: dict[str, bytes], theirs: dict[str, bytes]) -> None:
    """Texts byte for byte, tensors by the float32 that they parse to, pictures by their pixels."""
    assert list(ours) == list(theirs)
    for name, content in ours.items():
        if name.endswith(".png"):
            assert np.array_equal(pixels(content), pixels(theirs[name])), name
        elif name.endswith("tensors.tsv"):
            assert np.array_equal(numbers(content), numbers(theirs[name])), name
        elif name != CONFIG:
            assert content == theirs[name], name


# --- as the others ------------------------------------------------------------------------------------

CALLS = {
    "plain": lambda w: w.add_embedding(MAT),
    "labels": lambda w: w.add_embedding(MAT, LABELS),
    "all": lambda w: w.add_embedding(MAT, LABELS, torch.from_numpy(PICTURES), 12, "a tag"),
    "columns": lambda w: w.add_embedding(
        MAT, [[i, f"ü{i}", i / 3] for i in range(10)], None, 3, "t", ["number", "näme", "third"]
    ),
    "kinds of labels": lambda w: w.add_embedding(
        MAT, [1, 2.5, None, True, "x", (1, 2), np.float32(0.1), "", b"b", 0]
    ),
    "several": lambda w: [w.add_embedding(MAT, global_step=step, tag=tag) for step in (0, 1) for tag in "ab"],
    "awkward tags": lambda w: [
        w.add_embedding(MAT, tag=tag)
        for tag in ("", "a/b", "a\\b", "100%", "ü 🙂", "\"q'", "...", "x.y", "~", "a:0", "\x01\x7f")
    ],
    "step": lambda w: [w.add_embedding(MAT, global_step=step) for step in (-1, 123456, None, np.int64(7))],
    "float64": lambda w: w.add_embedding(MAT.astype(np.float64) / 3 * 1e-7),
    "grey": lambda w: w.add_embedding(MAT, None, torch.from_numpy(PICTURES[:, :1])),
    "one": lambda w: w.add_embedding(MAT[:1], ["x"], torch.from_numpy(PICTURES[:1])),
    "full grid": lambda w: w.add_embedding(MAT[:9], None, torch.from_numpy(PICTURES[:9])),
    "torch": lambda w: w.add_embedding(torch.from_numpy(MAT).requires_grad_()),
}  # fmt: skip


@pytest.mark.parametrize("call", [name for name in CALLS if name != "kinds of labels"])
def test_as_torch(tmp_path, call):
    ours, theirs = both(tmp_path, CALLS[call])
    assert_same_files(ours, theirs)
    assert ours[CONFIG] == theirs[CONFIG]


@pytest.mark.parametrize("call", ["plain", "labels", "columns", "several", "float64", "full grid"])
def test_as_tensorboardx(tmp_path, call):
    ours, theirs = both(tmp_path, CALLS[call], "tensorboardX")
    assert_same_files(ours, theirs)
    assert config(tmp_path / "ours") == config(tmp_path / "theirs")


def test_str_of_each_label(tmp_path):
    ours, theirs = both(tmp_path, CALLS["kinds of labels"])
    # All but the empty one, which torch writes as a line that the Projector skips.
    path = "00000/default/metadata.tsv"
    assert ours[path].replace("\u200b".encode(), b"") == theirs[path]


def test_float64_byte_for_byte(tmp_path):
    ours, theirs = both(tmp_path, CALLS["float64"])
    assert ours["00000/default/tensors.tsv"] == theirs["00000/default/tensors.tsv"]


def test_float32_in_its_own_digits(log_dir):
    write_embedding(str(log_dir), "t", np.array([[0.1, 1 / 3]], np.float32))
    assert files(log_dir)["00000/t/tensors.tsv"] == b"0.1\t0.33333334\n"


# --- TensorBoard ----------------------------------------------------------------------------------------


def test_the_projector_serves_it(tmp_path):
    tags = ["default", "a/b \\ ü", "100% & #1 + %41", "tab\tin", ".."]
    with SummaryWriter(tmp_path / "run") as writer:
        for step, tag in enumerate(tags):
            metadata = [[i, "" if i == 3 else "x\ny"] for i in range(10)]
            writer.add_embedding(MAT * (step + 1), metadata, PICTURES[:, :, :, :5], step, tag, ["n", "text"])
        with pytest.warns(RuntimeWarning, match="NaN"):
            writer.add_embedding(np.where(MAT > 1, np.nan, MAT), [""] * 10, tag="bad values")
    with TensorBoard(tmp_path) as board:
        plugin = "data/plugin/projector"
        assert board.wait_for(lambda: board.get_json(f"{plugin}/runs")) == ["run"]
        embeddings = board.get_json(f"{plugin}/info", run="run")["embeddings"]
        assert [each["tensorShape"] for each in embeddings] == [[10, 4]] * 6
        for step, each in enumerate(embeddings[:-1]):
            # The page puts names into its requests as they are; a browser escapes only this much.
            name = urllib.parse.quote(each["tensorName"], safe=string.punctuation)
            ask = f"?run=run&name={name}&num_rows=100000"
            served = np.frombuffer(board.get(f"{plugin}/tensor{ask}"), np.float32).reshape(10, 4)
            assert np.array_equal(served, MAT * (step + 1))
            lines = board.get(f"{plugin}/metadata{ask}")
            assert read_labels(lines) == {
                "n": [str(i) for i in range(10)],
                "text": ["" if i == 3 else "x y" for i in range(10)],
            }
            image = board.get(f"{plugin}/sprite_image{ask}")
            for index in range(10):
                shown = cut(image, each["sprite"]["singleImageDim"], index)
                wanted = (PICTURES[index].transpose(1, 2, 0) * np.float32(255)).astype(np.uint8)
                assert np.array_equal(shown[:, 1:6, :3], wanted[:, :, :][:, :5]), index
                assert (shown[:, 1:6, 3] == 255).all()
                assert not shown[:, [0, 6, 7]].any()
        name = embeddings[-1]["tensorName"]
        tensor = board.get(f"{plugin}/tensor", run="run", name=name)
        assert np.isfinite(np.frombuffer(tensor, np.float32)).all()
        assert len(read_labels(board.get(f"{plugin}/metadata", run="run", name=name))["label"]) == 10
        with pytest.raises(urllib.error.HTTPError):  # else the above could pass for anything
            board.get(f"{plugin}/tensor", run="run", name="none:00000")


# --- points -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "mat",
    [
        RNG.normal(size=(5, 3)).astype(np.float16),
        RNG.normal(size=(5, 3)).astype(ml_dtypes.bfloat16),
        RNG.integers(-(2**20), 2**20, (5, 3)),
        RNG.integers(0, 255, (5, 3)).astype(np.uint8),
        RNG.random((5, 3)) > 0.5,
        np.asfortranarray(RNG.normal(size=(5, 3))),
        RNG.normal(size=(10, 6))[::-2, ::2],
        RNG.normal(size=(5, 3)).astype(">f4"),
        RNG.normal(size=(5, 3)).tolist(),
        RNG.normal(size=(70_000, 3)).astype(np.float32),  # several blocks
        RNG.normal(size=(2, 70_000)).astype(np.float16),
    ],
    ids=lambda mat: str(getattr(mat, "dtype", "list")),
)
def test_every_dtype_exactly(log_dir, mat):
    write_embedding(str(log_dir), "t", mat)
    assert np.array_equal(numbers(files(log_dir)["00000/t/tensors.tsv"]), np.asarray(mat).astype(np.float32))


def test_bfloat16_and_other_tensors(log_dir):
    tensor = torch.tensor([[1e38, 0.1], [2.0, 3.0]], dtype=torch.bfloat16)
    write_embedding(str(log_dir), "t", tensor.t())
    assert np.array_equal(numbers(files(log_dir)["00000/t/tensors.tsv"]), tensor.t().float().numpy())


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_what_the_projector_cannot_place_is_replaced_with_a_warning(log_dir, dtype):
    mat = np.array([[1.0, np.nan, -2.0], [np.inf, 3.0, -np.inf]], dtype)
    wanted = [[1.0, 0.0, -2.0], [3.0, 3.0, -2.0]]
    if dtype == "float64":
        mat[1, 0] = 1e39
    with pytest.warns(RuntimeWarning, match="'t', step 4: 3 values are NaN") as caught:
        SummaryWriter(log_dir).add_embedding(mat, global_step=4, tag="t")
    assert caught[0].filename == __file__
    assert numbers(files(log_dir)["00004/t/tensors.tsv"]).tolist() == wanted


def test_nothing_but_nan(log_dir):
    with pytest.warns(RuntimeWarning, match="4 values"):
        write_embedding(str(log_dir), "t", np.full((2, 2), np.nan))
    assert not numbers(files(log_dir)["00000/t/tensors.tsv"]).any()


# --- labels -----------------------------------------------------------------------------------------------


TEXTS = st.text(st.sampled_from("ab \t\n\r\x0b\x0c\u00a0\u2028\ufeff\u3000ü🙂\x00"), max_size=5)


def seen(text: str) -> str:
    return text.replace("\r\n", " ").translate({9: " ", 10: " ", 13: " "})


@given(st.lists(TEXTS, min_size=1, max_size=8))
def test_each_point_keeps_its_own_label(texts):
    lines = labels.metadata_lines("t", texts, None, len(texts))
    found = read_labels(labels.encoded(lines))
    assert [text.replace("\u200b", "") for text in found["label"]] == [seen(text) for text in texts]


@given(
    st.integers(1, 3).flatmap(
        lambda n: st.lists(st.lists(TEXTS, min_size=n, max_size=n), min_size=2, max_size=6)
    )
)
def test_each_cell_too(table):
    header, *rows = table
    header = [f"{at}{name}" for at, name in enumerate(header)]  # columns of one name would be one
    found = read_labels(labels.encoded(labels.metadata_lines("t", rows, header, len(rows))))
    names_of = ["label"] if len(header) == 1 else [seen(name) for name in header]
    cleaned = {name: [each.replace("\u200b", "") for each in column] for name, column in found.items()}
    assert cleaned == {name: [seen(row[at]) for row in rows] for at, name in enumerate(names_of)}


def test_a_blank_header_is_no_label():
    lines = labels.metadata_lines("t", [["a", "b"]], ["", " "], 1)
    assert read_labels(labels.encoded(lines)) == {"\u200b": ["a"], " ": ["b"]}


@pytest.mark.parametrize(
    "metadata",
    [
        torch.arange(3),
        np.arange(3),
        range(3),
        (0, 1, 2),
        iter([0, 1, 2]),
        [torch.tensor(i) for i in range(3)],
    ],
    ids=["tensor", "array", "range", "tuple", "iterator", "list of tensors"],
)
def test_labels_of_any_library_are_their_numbers(log_dir, metadata):
    write_embedding(str(log_dir), "t", MAT[:3], metadata)
    assert files(log_dir)["00000/t/metadata.tsv"] == b"0\n1\n2\n"


def test_a_lone_surrogate_is_shown_as_its_code(log_dir):
    write_embedding(str(log_dir), "t", MAT[:1], ["\ud800"])
    assert files(log_dir)["00000/t/metadata.tsv"] == b"\\ud800\n"


# --- sprites ----------------------------------------------------------------------------------------------


def entry_of(log_dir: Path):
    (entry,) = config(log_dir).embeddings
    return entry


@pytest.mark.parametrize("count", [1, 2, 3, 4, 5, 9, 10, 12, 17])
@pytest.mark.parametrize(("height", "width"), [(4, 4), (3, 7), (7, 3), (1, 9)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_point_gets_its_own_picture(log_dir, count, height, width, channels):
    pictures = RNG.integers(0, 256, (count, channels, height, width), dtype=np.uint8)
    write_embedding(str(log_dir), "t", RNG.normal(size=(count, 2)), None, pictures)
    sprite_of = entry_of(log_dir).sprite
    side = max(height, width)
    assert list(sprite_of.single_image_dim) == [side, side]
    top, left = (side - height) // 2, (side - width) // 2
    content = files(log_dir)["00000/t/sprite.png"]
    for index in range(count):
        shown = cut(content, sprite_of.single_image_dim, index)
        part = shown[top : top + height, left : left + width]
        given_pixels = pictures[index].transpose(1, 2, 0)
        colour, alpha = (
            (given_pixels, None) if channels % 2 else (given_pixels[..., :-1], given_pixels[..., -1])
        )
        grey = shown.shape[2] == 2
        assert np.array_equal(
            part[..., : 1 if grey else 3], np.broadcast_to(colour, (height, width, 1 if grey else 3))
        )
        if alpha is not None:
            assert np.array_equal(part[..., -1], alpha)
        if height != width:
            assert np.count_nonzero(shown[..., -1]) <= height * width


@pytest.mark.parametrize(
    ("pictures", "value"),
    [
        (np.full((2, 3, 4, 4), 128, np.uint8), 128),
        (np.full((2, 3, 4, 4), 0x80FF, np.uint16), 0x80),
        (np.full((2, 3, 4, 4), 0.5, np.float64), 127),
        (np.full((2, 3, 4, 4), 0.5, np.float16), 127),
        (torch.full((2, 3, 4, 4), 0.5, dtype=torch.bfloat16), 127),
        (np.full((2, 4, 4), True), 255),
        (np.full((2, 1, 4, 4), np.nan), 0),
        (np.full((2, 3, 4, 4), 7.0), 255),
    ],
    ids=lambda value: str(getattr(value, "dtype", "")),
)
def test_values_as_in_add_image(log_dir, pictures, value):
    write_embedding(str(log_dir), "t", MAT[:2], None, pictures)
    found = pixels(files(log_dir)["00000/t/sprite.png"])
    assert found.shape == (8, 8, 3)
    assert found.dtype == np.uint8
    assert (found[:4] == value).all()


def test_byte_pictures_that_were_divided_by_255_come_back_exactly(log_dir):
    """torch's product in float64 falls below the whole number for half of them, and is cut."""
    levels = np.arange(256, dtype=np.uint8)
    pictures = np.broadcast_to(levels[:, None, None, None], (256, 3, 2, 2))
    write_embedding(str(log_dir), "t", np.ones((256, 2)), None, pictures.astype(np.float32) / 255)
    found = pixels(files(log_dir)["00000/t/sprite.png"])
    assert np.array_equal(found[::2, ::2, 0].ravel(), levels)


def test_too_large_sprites_are_scaled_down(log_dir, monkeypatch):
    monkeypatch.setattr(sprite, "LARGEST_SIDE", 32)
    checked = np.indices((12, 12)).sum(0) % 2 * 200.0  # fine checks: their mean is 100
    pictures = np.broadcast_to(checked, (9, 3, 12, 12)) / 255 * np.linspace(0, 1, 9)[:, None, None, None]
    with pytest.warns(RuntimeWarning, match=r"12×12 pixels are scaled to fit 10×10"):
        write_embedding(str(log_dir), "t", MAT[:9], None, pictures)
    content = files(log_dir)["00000/t/sprite.png"]
    assert pixels(content).shape == (30, 30, 3)
    assert list(entry_of(log_dir).sprite.single_image_dim) == [10, 10]
    for index in range(9):
        mean = cut(content, (10, 10), index).mean()
        assert abs(mean - 100 * index / 8) < 2


def test_a_large_wide_picture_keeps_its_shape(log_dir, monkeypatch):
    monkeypatch.setattr(sprite, "LARGEST_SIDE", 40)
    with pytest.warns(RuntimeWarning, match=r"80×20 pixels are scaled to fit 20×20"):
        write_embedding(str(log_dir), "t", MAT[:4], None, np.ones((4, 1, 20, 80)))
    shown = cut(files(log_dir)["00000/t/sprite.png"], (20, 20), 3)
    rows, columns = np.nonzero(shown[..., 3])
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (7, 11, 0, 19)


def test_more_pictures_than_pixels_are_refused(log_dir, monkeypatch):
    monkeypatch.setattr(sprite, "LARGEST_SIDE", 2)
    with pytest.raises(ValueError, match="leave label_img away"):
        write_embedding(str(log_dir), "t", MAT[:5], None, PICTURES[:5])
    assert files(log_dir) == {}


# --- bad input --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "error", "says"),
    [
        ((np.ones(3),), ValueError, "mat\\[:, None\\]"),
        ((np.ones((2, 3, 4)),), ValueError, "reshape"),
        ((np.float32(1),), ValueError, "shape"),
        ((np.ones((0, 3)),), ValueError, "no element"),
        ((np.ones((3, 0)),), ValueError, "no element"),
        ((np.ones((3, 2), complex),), TypeError, "real"),
        ((None,), TypeError, "array"),
        ((["a"],), TypeError, "numbers"),
        ((MAT, LABELS[:9]), ValueError, "10 points, got 9"),
        ((MAT, "0123456789"), TypeError, "list"),
        ((MAT, 3), TypeError, "list"),
        ((MAT, [[1, 2]] * 9 + [[1]], None, 0, "the tag", ["a", "b"]), ValueError, "row 9 has 1"),
        ((MAT, ["ab"] * 10, None, 0, "the tag", ["a", "b"]), ValueError, "row 0 has 1"),
        ((MAT, [[1]] * 10, None, 0, "the tag", "a"), TypeError, "metadata_header"),
        ((MAT, None, PICTURES[:9]), ValueError, "picture for each of 10"),
        ((MAT, None, PICTURES.transpose(0, 2, 3, 1)), ValueError, "transpose\\(0, 3, 1, 2\\)"),
        ((MAT, None, torch.zeros(10, 8, 8, 3)), ValueError, "permute\\(0, 3, 1, 2\\)"),
        ((MAT, None, np.zeros((10, 3, 0, 8))), ValueError, "label_img"),
        ((MAT, None, np.zeros((10, 8))), ValueError, "label_img"),
        ((MAT, None, PICTURES * 1j), TypeError, "real"),
        ((MAT, None, None, "seven"), ValueError, "seven"),
        ((MAT, None, None, 2**63), ValueError, "int64"),
        ((MAT, None, None, 0, "a\0the tag"), ValueError, "NUL"),
        ((MAT, None, None, 0, "the tag\ud800"), ValueError, "surrogate"),
        ((MAT, None, None, 0, 3), TypeError, "tag"),
    ],
)  # fmt: skip
def test_bad_input_names_the_tag_and_leaves_nothing(log_dir, arguments, error, says):
    mat, metadata, pictures, step, tag, header = (
        *arguments,
        *(None, None, None, 0, "the tag", None)[len(arguments) :],
    )
    with pytest.raises(error, match=says) as raised:
        write_embedding(str(log_dir), tag, mat, metadata, pictures, step, header)
    assert "tag" in str(raised.value)
    assert list(log_dir.iterdir()) == []


# --- names ------------------------------------------------------------------------------------------------

AWKWARD = [
    "..",
    ".",
    "",
    "/",
    "/etc/passwd",
    "../../up",
    "a/../../b",
    "\\..\\",
    "~root",
    "%2e%2e",
    "x" * 300,
    "ü" * 200,
]


@pytest.mark.parametrize("tag", AWKWARD)
@pytest.mark.parametrize("step", [0, -3, 2**62])
def test_no_tag_leads_out(tmp_path, tag, step):
    SummaryWriter(tmp_path / "a" / "b" / "run").add_embedding(MAT, LABELS, PICTURES, step, tag)
    assert [path.name for path in tmp_path.rglob("*.tsv")] == ["metadata.tsv", "tensors.tsv"] or len(
        list((tmp_path / "a" / "b" / "run").rglob("*.tsv"))
    ) == 2
    outside = [
        path for path in tmp_path.rglob("*") if path.is_file() and (tmp_path / "a/b/run") not in path.parents
    ]
    assert outside == []
    entry = entry_of(tmp_path / "a/b/run")
    for path in (entry.tensor_path, entry.metadata_path, entry.sprite.image_path):
        assert ".." not in path.split("/")
        assert (tmp_path / "a/b/run" / path).is_file()


@given(st.lists(st.text(st.sampled_from("./\\%2e5cf-x"), max_size=4), min_size=2, max_size=9, unique=True))
def test_no_two_tags_share_a_directory(tags):
    assert len({names.sub_dir(tag, 0) for tag in tags}) == len(tags)
    for tag in tags:
        assert not {".", ".."} & set(names.sub_dir(tag, 0).split("/"))


def test_long_tags_keep_apart(log_dir):
    for end in "ab":
        write_embedding(str(log_dir), "x" * 300 + end, MAT)
    assert len({each.tensor_path for each in config(log_dir).embeddings}) == 2


@pytest.mark.parametrize("planted", ["00000", "00000/t"])
def test_a_planted_link_does_not_lead_out(tmp_path, log_dir, planted):
    outside = tmp_path / "outside"
    outside.mkdir()
    (log_dir / planted).parent.mkdir(exist_ok=True)
    (log_dir / planted).symlink_to(outside)
    with pytest.raises(ValueError, match="'t': a symbolic link leads out"):
        write_embedding(str(log_dir), "t", MAT)
    assert list(outside.iterdir()) == []


@pytest.mark.parametrize("name", ["00000/t/tensors.tsv", CONFIG])
def test_a_planted_link_to_a_file_is_replaced_and_not_followed(tmp_path, log_dir, name):
    outside = tmp_path / "outside"
    outside.write_text("kept")
    (log_dir / "00000/t").mkdir(parents=True)
    (log_dir / name).symlink_to(outside)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        write_embedding(str(log_dir), "t", MAT)
    assert outside.read_text() == "kept"
    assert not (log_dir / name).is_symlink()
    assert tensor_names(log_dir) == ["t:00000"]


def test_a_file_in_the_way_is_named(log_dir):
    (log_dir / "00000").write_text("")
    with pytest.raises(NotADirectoryError, match="'t'"):
        write_embedding(str(log_dir), "t", MAT)


def test_a_log_dir_that_is_a_link_is_fine(tmp_path, log_dir):
    (tmp_path / "link").symlink_to(log_dir)
    write_embedding(str(tmp_path / "link"), "t", MAT)
    assert tensor_names(log_dir) == ["t:00000"]
