"""Programs written for tensorboardX call ours with the same arguments, by position or by name.

Nothing is listed by hand: a release of tensorboardX with a new method, function or argument fails here.
"""

from __future__ import annotations

import importlib
import inspect
from types import ModuleType

import pytest
import tensorboardX

import ringboard.tensorboardX
from ringboard.tensorboardX.proto import _SOURCES
from tests.parity.test_signatures import NOT_PUBLIC_BUT_USED, methods

ours = ringboard.tensorboardX
CLASSES = [
    *(
        (name, "")
        for name in ("SummaryWriter", "FileWriter", "GlobalSummaryWriter", "RecordWriter", "TorchVis")
    ),
    ("DummyFileWriter", "writer"),
    ("EventFileWriter", "event_file_writer"),
    ("EventsWriter", "event_file_writer"),
    *(
        (name, "record_writer")
        for name in ("S3RecordWriter", "S3RecordWriterFactory", "GCSRecordWriter", "GCSRecordWriterFactory")
    ),
]
MODULES = [
    "summary",
    "utils",
    "x2num",
    "record_writer",
    "onnx_graph",
    "openvino_graph",
    "embedding",
    "crc32c",
]
# What they have for themselves: no program calls them.
INTERNAL = {
    "utils": {"graphviz_to_image"},
    "x2num": {"prepare_pytorch", "prepare_theano", "prepare_mxnet", "prepare_chainer"},
    "record_writer": {"u32", "make_valid_tf_name"},
    "onnx_graph": {"parse"},
    "embedding": {"maybe_upload_file"},
}
# Passed on to a function that has these: (class, method) → our names for tensorboardX's **kwargs.
KEYWORDS = {("SummaryWriter", "add_image_with_boxes"): ["rescale"]}


def find(library: ModuleType, module: str) -> ModuleType:
    return importlib.import_module(f"{library.__name__}.{module}") if module else library


def plain(routine) -> list[inspect.Parameter]:
    found = inspect.signature(routine).parameters.values()
    # self, which a compiled method takes by position alone, is nobody's argument.
    return [one.replace(annotation=inspect.Parameter.empty) for one in found if one.name != "self"]


def assert_callable_as(mine, theirs, keywords=()) -> None:
    """As in tests/parity, but that **kwargs may have become the names that they can hold."""
    have, wanted = plain(mine), plain(theirs)
    if wanted and wanted[-1].kind is inspect.Parameter.VAR_KEYWORD and keywords:
        wanted.pop()
        assert {one.name for one in have} >= set(keywords)
    assert have[: len(wanted)] == wanted
    missing = [one.name for one in have[len(wanted) :] if one.default is inspect.Parameter.empty]
    assert not missing


@pytest.mark.parametrize(
    ("name", "module", "method"),
    [
        (name, module, method)
        for name, module in CLASSES
        for method in methods(getattr(find(tensorboardX, module), name))
    ],
)
def test_every_method_is_called_the_same_way(name, module, method):
    mine, theirs = (getattr(find(library, module), name) for library in (ours, tensorboardX))
    if method == "__exit__":  # Python passes these by position
        assert len(plain(mine.__exit__)) == len(plain(theirs.__exit__))
        return
    assert_callable_as(getattr(mine, method), getattr(theirs, method), KEYWORDS.get((name, method), ()))


def functions(module: ModuleType) -> list[str]:
    return [
        name
        for name, member in inspect.getmembers(module, inspect.isfunction)
        if member.__module__ == module.__name__ and not name.startswith("_")
    ]


@pytest.mark.parametrize(
    ("module", "function"),
    [
        (module, function)
        for module in MODULES
        for function in functions(find(tensorboardX, module))
        if function not in INTERNAL.get(module, ())
    ],
)
def test_every_function_is_called_the_same_way(module, function):
    mine, theirs = (getattr(find(library, module), function) for library in (ours, tensorboardX))
    assert_callable_as(mine, theirs)


def test_methods_are_discovered():
    found = methods(tensorboardX.SummaryWriter)
    assert {*NOT_PUBLIC_BUT_USED, "add_scalar", "use_metadata", "export_scalars_to_json"} <= set(found)
    assert len(found) >= 28
    assert len(functions(tensorboardX.summary)) >= 14


def test_every_public_name_of_the_package():
    for name, member in vars(tensorboardX).items():
        if not name.startswith("_") and inspect.isclass(member):
            assert hasattr(ours, name)
    assert ours.__version__ >= "2.6"


def test_every_attribute_is_there(tmp_path):
    for name in ("SummaryWriter", "FileWriter"):
        mine, theirs = (
            getattr(library, name)(str(tmp_path / library.__name__)) for library in (ours, tensorboardX)
        )
        wanted = [each for each in vars(theirs) if each != "_default_metadata"]
        assert [each for each in wanted if not hasattr(mine, each)] == []
        mine.close()
        theirs.close()


def test_every_proto_module_is_there():
    import pkgutil

    import tensorboardX.proto

    theirs = {found.name for found in pkgutil.iter_modules(tensorboardX.proto.__path__)}
    assert theirs == set(_SOURCES)


@pytest.mark.parametrize("name", sorted(_SOURCES))
def test_proto_classes(name):
    mine = importlib.import_module(f"ringboard.tensorboardX.proto.{name}")
    theirs = importlib.import_module(f"tensorboardX.proto.{name}")
    classes = [each for each, member in vars(theirs).items() if inspect.isclass(member)]
    assert [each for each in classes if not hasattr(mine, each)] == []


@pytest.mark.parametrize("method", [name for name in methods(ours.SummaryWriter) if not name.startswith("_")])
def test_every_method_says_what_it_does(method):
    assert inspect.getdoc(getattr(ours.SummaryWriter, method))
