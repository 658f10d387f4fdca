"""The Projector's config survives everybody who writes it; TensorBoard's own parser is the judge."""

from __future__ import annotations

import pytest
from google.protobuf import text_format
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tensorboard.plugins.projector.projector_config_pb2 import EmbeddingInfo, ProjectorConfig

from ringboard.projector.config import Entry, edited
from ringboard.projector.text_format import MalformedError, fields, quoted, string

NAMES = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
FOREIGN = """# first
model_checkpoint_path: 'a' "b"  # two strings are one
embeddings: < tensor_name: 'x:0'; tensor_shape: [1, 2], sprite { single_image_dim: [ 3, 4 ] } >
embeddings: [ { tensor_name: "y" }, <tensor_name: "z" unknown_field { a: -1.5e3 b: [1, 2] [ext.x]: TRUE }> ]
unknown: 0x1F;
embeddings{tensor_name:"braces } > ] # \\" \\x41\\101"}"""


def parse(data: bytes) -> ProjectorConfig:
    return text_format.Parse(data, ProjectorConfig(), allow_unknown_field=True, allow_unknown_extension=True)


def info(entry: Entry) -> EmbeddingInfo:
    """The entry as torch makes it."""
    made = EmbeddingInfo(tensor_name=entry.tensor_name, tensor_path=entry.tensor_path)
    if entry.metadata_path is not None:
        made.metadata_path = entry.metadata_path
    if entry.sprite_path is not None:
        made.sprite.image_path = entry.sprite_path
        made.sprite.single_image_dim.extend([entry.sprite_side] * 2)
    return made


@st.composite
def entries(draw):
    sprite = draw(st.booleans())
    return Entry(
        draw(NAMES),
        draw(NAMES.filter(bool)),
        draw(st.none() | NAMES.filter(bool)),
        draw(NAMES.filter(bool)) if sprite else None,
        draw(st.integers(1, 8192)) if sprite else 0,
    )


@given(st.lists(entries(), max_size=5, unique_by=lambda entry: entry.tensor_name))
def test_as_protobufs_own_printer_writes_it(added):
    data = b""
    for entry in added:
        data = edited(data, entry)[1]
    config = ProjectorConfig(embeddings=[info(entry) for entry in added])
    written = parse(data)
    assert written == config
    named = [entry for entry in added if entry.tensor_name]
    if len(named) == len(added):  # the printer leaves an empty name away
        assert data.decode() == text_format.MessageToString(config)


@given(st.lists(entries(), min_size=1, max_size=8))
def test_a_name_is_replaced_where_it_stands(added):
    data, wanted = b"", {}
    for entry in added:
        data = edited(data, entry)[1]
        wanted[entry.tensor_name] = entry
    assert list(parse(data).embeddings) == [info(entry) for entry in wanted.values()]


@given(NAMES)
def test_strings_come_back(text):
    data = quoted(text).encode()
    assert string(data, (0, len(data))) == text.encode()
    assert text_format.Parse(f"model_checkpoint_path: {quoted(text)}", ProjectorConfig()) == ProjectorConfig(
        model_checkpoint_path=text
    )


@given(st.binary(max_size=20), st.booleans(), st.booleans())
def test_strings_of_others_are_understood(value, single, octal):
    """Escapes of every kind, against protobuf's reading of them."""
    quote = "'" if single else '"'
    body = "".join(f"\\{byte:03o}" if octal else f"\\x{byte:02X}" for byte in value)
    data = f"{quote}{body}{quote}".encode()
    assert string(data, (0, len(data))) == value


@pytest.mark.parametrize("text", [r"\n\t\r\a\b\f\v\\\'\"", r"\u00e9\U0001F642", r"\7\12\x9", "tab\tinside"])
def test_every_escape(text):
    data = f'"{text}"'.encode()
    wanted = text_format.Parse(f'model_checkpoint_path: "{text}"', ProjectorConfig()).model_checkpoint_path
    assert string(data, (0, len(data))) == wanted.encode()


# --- other people's files -----------------------------------------------------------------------------


def entry_of(name: str) -> Entry:
    return Entry(name, "new/tensors.tsv")


def test_other_blocks_stay_byte_for_byte():
    before = parse(FOREIGN.encode())
    good, after = edited(FOREIGN.encode(), entry_of("mine"))
    assert good == len(FOREIGN.encode())
    assert after.startswith(FOREIGN.encode() + b"\nembeddings {")
    assert list(parse(after).embeddings) == [*before.embeddings, info(entry_of("mine"))]


@pytest.mark.parametrize("name", ["x:0", "y", "z", 'braces } > ] # " AA'])
def test_whatever_its_brackets_a_block_is_found_and_replaced(name):
    before = parse(FOREIGN.encode())
    (index,) = [i for i, each in enumerate(before.embeddings) if each.tensor_name == name]
    good, after = edited(FOREIGN.encode(), entry_of(name))
    assert good == len(FOREIGN.encode())
    before.embeddings[index].CopyFrom(info(entry_of(name)))
    assert parse(after) == before
    assert b"# first" in after
    assert b"# two strings are one" in after


def test_doubles_of_others_become_one():
    """tensorboardX appends a block at each call."""
    double = b'embeddings {\ntensor_name: "a"\n}\n'
    other = b'embeddings {\ntensor_name: "b"\n}\n'
    _, after = edited(double + other + double, entry_of("a"))
    assert [each.tensor_name for each in parse(after).embeddings] == ["a", "b"]


def test_a_comment_without_its_newline_does_not_hide_what_follows():
    _, after = edited(b"# the end", entry_of("a"))
    assert [each.tensor_name for each in parse(after).embeddings] == ["a"]


@pytest.mark.parametrize(
    "tear",
    [
        b'embeddings {\n  tensor_name: "to',
        b"embeddings {",
        b"embeddings",
        b"embeddings: 3",
        b"embeddings { tensor_name }",
        b"}",
        b"a: }",
        b"a [b]",
        b"a: [1 2]",
        b"a { b > }",
        b"\xff\xfe",
        b"\0\0\0",
        b'a: "\n"',
    ],
)
def test_what_is_sound_in_front_of_damage_is_kept(tear):
    sound = b'embeddings { tensor_name: "kept" }\n'
    good, after = edited(sound + tear, entry_of("new"))
    assert good < len(sound + tear)
    assert [each.tensor_name for each in parse(after).embeddings] == ["kept", "new"]


def test_nesting_without_end():
    deep = b"a {" * 30_000
    assert edited(deep, entry_of("new"))[0] == 0
    closed = deep + b"}" * 30_000
    assert edited(closed, entry_of("new"))[0] == len(closed)


@settings(max_examples=300)
@given(st.binary(max_size=60) | st.text("ab:{}<>[],;\"'\\# \n1-", max_size=40).map(str.encode))
@example(b"")
@example(b"embeddings")
def test_no_input_breaks_it_and_the_result_is_sound(data):
    good, after = edited(data, entry_of("new"))
    assert 0 <= good <= len(data)
    assert edited(after, entry_of("new")) == (len(after), after)


@settings(max_examples=300)
@given(st.text("ab:{}<>[],;\"'\\# \n1-", max_size=40))
def test_what_protobuf_takes_is_taken(text):
    try:
        text_format.Parse(text, ProjectorConfig(), allow_unknown_field=True, allow_unknown_extension=True)
    except (text_format.ParseError, UnicodeDecodeError):
        return
    try:
        list(fields(text.encode()))
    except MalformedError as error:
        pytest.fail(f"protobuf takes {text!r}: {error}")
