"""ringboard.install(): torch.utils.tensorboard and tensorboardX are ringboard, whoever imports them."""

from __future__ import annotations

import os
import sysconfig
from pathlib import Path

import pytest

from tests.scripts import run_script

ORIGINALS = ["torch.utils.tensorboard", "tensorboardX"]
IMPORTS = """
from torch.utils.tensorboard import SummaryWriter as TorchWriter
from torch.utils import tensorboard
import torch.utils.tensorboard.writer
from torch.utils.tensorboard.summary import hparams
from tensorboardX import SummaryWriter as XWriter, GlobalSummaryWriter
import tensorboardX.summary
import tensorboardX.writer as x_writer
from tensorboardX.proto.event_pb2 import Event
"""
ARE_OURS = """
import ringboard.torch, ringboard.tensorboardX
assert TorchWriter is ringboard.SummaryWriter is torch.utils.tensorboard.SummaryWriter
assert tensorboard is torch.utils.tensorboard is ringboard.torch
assert torch.utils.tensorboard.writer is ringboard.torch.writer
assert XWriter is ringboard.tensorboardX.SummaryWriter
assert GlobalSummaryWriter is ringboard.tensorboardX.GlobalSummaryWriter
assert tensorboardX is ringboard.tensorboardX
assert tensorboardX.summary is ringboard.tensorboardX.summary
assert x_writer is ringboard.tensorboardX.writer
"""


@pytest.fixture(scope="module")
def bare(tmp_path_factory):
    """Makes a directory that has all installed packages but those whose names begin so."""

    def make(*left_out):
        directory = tmp_path_factory.mktemp("bare")
        for entry in Path(sysconfig.get_path("purelib")).iterdir():
            if not entry.name.lower().startswith(left_out) and entry.suffix != ".pth":
                (directory / entry.name).symlink_to(entry)
        return str(directory)

    return make


def run_bare(packages, source, *arguments):
    """A script that sees only these packages."""
    blind = f"""
import sys
sys.path[:] = [each for each in sys.path if not each.endswith("site-packages")] + [{packages!r}]
"""
    run_script(blind + source, *arguments)


# --- imports ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["", *[f"import {name}" for name in ORIGINALS], IMPORTS])
def test_every_import_gives_ours(before):
    run_script(f"{before}\nimport ringboard\nringboard.install()\nringboard.install()\n{IMPORTS}{ARE_OURS}")


def test_every_submodule_is_one_object_under_both_names():
    run_script(
        """
        import importlib, pkgutil, sys
        import ringboard
        ringboard.install()
        import ringboard.torch, ringboard.tensorboardX
        count = 0
        for ours, theirs in (
            (ringboard.torch, "torch.utils.tensorboard"),
            (ringboard.tensorboardX, "tensorboardX"),
        ):
            for found in pkgutil.walk_packages(ours.__path__):
                module = importlib.import_module(f"{theirs}.{found.name}")
                assert module is importlib.import_module(f"{ours.__name__}.{found.name}"), found.name
                assert module.__name__ == f"{ours.__name__}.{found.name}" == module.__spec__.name
                count += 1
        assert count > 20, count
        files = [getattr(module, "__file__", None) for module in set(sys.modules.values())]
        files = [file for file in files if file and "ringboard" in file]
        assert len(files) == len(set(files)), "a module of ringboard was loaded twice"
        """
    )


@pytest.mark.parametrize("second", ["tensorboardX", "ringboard.tensorboardX"])
def test_threads_may_import_at_once(second):
    run_script(
        """
        import importlib, sys, threading
        import _ringboard_startup
        _ringboard_startup.activate()
        in_the_middle, errors = threading.Event(), []

        class Pause:
            def find_spec(self, name, path=None, target=None):
                if name == "ringboard.file_writer" and not in_the_middle.is_set():
                    in_the_middle.set()
                    other.join(0.5)  # it should wait for this thread, and would be done otherwise, or stuck

        def load(name):
            try:
                importlib.import_module(name)
            except BaseException as error:
                errors.append(error)

        sys.meta_path.insert(0, Pause())
        one = threading.Thread(target=load, args=["ringboard"])
        other = threading.Thread(target=lambda: in_the_middle.wait() and load(sys.argv[1]))
        for thread in (other, one):
            thread.start()
        for thread in (one, other):
            thread.join(60)
        assert in_the_middle.is_set() and not errors, errors
        """,
        second,
    )


def test_the_writers_write(tmp_path):
    run_script(
        """
        import glob, sys
        import ringboard
        ringboard.install()
        from tensorboardX import SummaryWriter as XWriter
        from torch.utils.tensorboard import SummaryWriter
        for place, writer_type in enumerate((SummaryWriter, XWriter)):
            with writer_type(f"{sys.argv[1]}/{place}") as writer:
                writer.add_scalar("loss", 0.5, 3)
            assert writer.stats()["written"] == 1
            (path,) = glob.glob(f"{sys.argv[1]}/{place}/*")
            assert b"ringboard" in open(path, "rb").read()
        """,
        tmp_path,
    )


@pytest.mark.parametrize(
    "left_out", [("tensorboard", "torch"), ("tensorboard_", "tensorboard-", "tensorboard")]
)
def test_the_originals_need_not_be_installed(bare, tmp_path, left_out):
    torch_is_there = "torch" not in left_out
    run_bare(
        bare(*left_out),
        f"""
import importlib.metadata, importlib.util
assert importlib.util.find_spec("tensorboardX") is importlib.util.find_spec("tensorboard") is None
import ringboard
ringboard.install()
assert importlib.util.find_spec("tensorboardX").submodule_search_locations
assert importlib.metadata.version("tensorboardX") == importlib.metadata.version("tensorboardx") >= "2.6"
assert importlib.metadata.metadata("tensorboardX")["Name"] == "tensorboardX"
assert importlib.util.find_spec("tensorboard") is None  # not ours to answer for
from tensorboardX import SummaryWriter
import tensorboardX.summary
assert tensorboardX.__version__ == importlib.metadata.version("tensorboardX")
SummaryWriter(sys.argv[1]).close()
if {torch_is_there}:
    assert importlib.util.find_spec("torch.utils.tensorboard").submodule_search_locations
    from torch.utils.tensorboard import SummaryWriter
    from torch.utils.tensorboard.summary import hparams
    from torch.utils import tensorboard
    assert tensorboard.SummaryWriter is SummaryWriter is ringboard.SummaryWriter
ringboard.uninstall()
assert importlib.util.find_spec("tensorboardX") is None
try:
    importlib.metadata.version("tensorboardX")
except importlib.metadata.PackageNotFoundError:
    pass
else:
    raise AssertionError("still there")
""",
        tmp_path,
    )


def test_what_is_installed_speaks_for_itself():
    run_script(
        """
        import importlib.metadata
        before = importlib.metadata.metadata("tensorboardX"), importlib.metadata.version("tensorboard")
        import ringboard
        ringboard.install()
        assert before[0]["Summary"]
        assert before[0].items() == importlib.metadata.metadata("tensorboardX").items()
        assert before[1] == importlib.metadata.version("tensorboard")
        names = [each.metadata["Name"] for each in importlib.metadata.distributions()]
        assert names.count("tensorboardX") == 1, names
        """
    )


def test_it_is_cheap_and_imports_nothing():
    run_script(
        """
        import sys, time
        import ringboard
        before = set(sys.modules)
        times = []
        for _ in range(5):
            start = time.perf_counter()
            ringboard.install()
            times.append(time.perf_counter() - start)
            ringboard.uninstall()
        assert min(times) < 0.005, times
        ringboard.install()
        assert set(sys.modules) == before, set(sys.modules) - before
        """
    )


def test_finding_a_spec_imports_nothing():
    run_script(
        """
        import sys
        import ringboard
        import importlib.metadata, importlib.util
        ringboard.install()
        assert "ringboard" in importlib.util.find_spec("tensorboardX").origin
        importlib.metadata.version("tensorboardX")
        assert not [name for name in sys.modules if "tensorboardX" in name]
        """
    )


# --- names that other modules have ----------------------------------------------------------------------

HOLDERS = """
import sys, types
holder = types.ModuleType("holder")
sys.modules["holder"] = holder
exec('''
import tensorboardX as tbx
import torch.utils.tensorboard.writer as torch_writer
from tensorboardX import SummaryWriter as XWriter, FileWriter, GlobalSummaryWriter
from tensorboardX.summary import hparams
from torch.utils import tensorboard
from torch.utils.tensorboard import SummaryWriter
from tensorboard.summary.writer.event_file_writer import EventFileWriter
class Mine(SummaryWriter): pass
unrelated = "SummaryWriter"
''', vars(holder))
original = dict(vars(holder))
"""


def test_names_of_other_modules_are_replaced_and_put_back():
    run_script(
        f"""{HOLDERS}
import torch.utils
import ringboard, ringboard.torch, ringboard.tensorboardX
modules = dict(sys.modules)
attribute = torch.utils.tensorboard
ringboard.install()
ringboard.install()
assert holder.tbx is ringboard.tensorboardX
assert holder.torch_writer is ringboard.torch.writer
assert holder.XWriter is ringboard.tensorboardX.SummaryWriter
assert holder.FileWriter is ringboard.tensorboardX.FileWriter
assert holder.GlobalSummaryWriter is ringboard.tensorboardX.GlobalSummaryWriter
assert holder.tensorboard is torch.utils.tensorboard is ringboard.torch
assert holder.SummaryWriter is ringboard.SummaryWriter
changed = {{name for name in original if vars(holder)[name] is not original[name]}}
assert changed == {{"tbx", "torch_writer", "XWriter", "FileWriter", "GlobalSummaryWriter", "tensorboard",
                   "SummaryWriter"}}, changed
# Classes that were derived before stay what they are, and so does what the originals are made of.
assert issubclass(holder.Mine, original["SummaryWriter"])
assert original["torch_writer"].FileWriter is original["tensorboard"].FileWriter
ringboard.uninstall()
assert vars(holder) == original and all(vars(holder)[name] is original[name] for name in original)
assert torch.utils.tensorboard is attribute
assert all(sys.modules[name] is module for name, module in modules.items())
assert not [name for name in sys.modules if name.startswith(("torch.utils.tensorboard", "tensorboardX"))
            and name not in modules]
ringboard.uninstall()
"""
    )


def test_what_somebody_else_has_changed_since_is_left_alone():
    run_script(
        f"""{HOLDERS}
import ringboard
ringboard.install()
holder.SummaryWriter = "another"
ringboard.uninstall()
assert holder.SummaryWriter == "another"
assert holder.XWriter is original["XWriter"]
"""
    )


def test_isinstance_with_names_from_before(tmp_path):
    run_script(
        f"""{HOLDERS}
import ringboard
old = holder.SummaryWriter(sys.argv[1])
mine = holder.Mine(sys.argv[1])
ringboard.install()
from torch.utils.tensorboard import SummaryWriter
from tensorboardX import SummaryWriter as XWriter
new, x = SummaryWriter(sys.argv[1]), XWriter(sys.argv[1])
assert isinstance(new, holder.SummaryWriter) and isinstance(x, holder.XWriter)
assert isinstance(holder.SummaryWriter(sys.argv[1]), SummaryWriter)
assert isinstance(old, original["SummaryWriter"]) and isinstance(mine, holder.Mine)
assert not isinstance(old, SummaryWriter)  # another class's object; it goes on writing
old.add_scalar("a", 1.0)
mine.add_scalar("a", 1.0)
ringboard.uninstall()
new.add_scalar("a", 1.0)
assert isinstance(old, holder.SummaryWriter) and not isinstance(new, holder.SummaryWriter)
for writer in (old, mine, new, x):
    writer.close()
""",
        tmp_path,
    )


def test_a_failure_midway_leaves_all_as_it_was():
    run_script(
        f"""{HOLDERS}
import ringboard
import _ringboard_startup as startup
modules, finders, import_ours = dict(sys.modules), list(sys.meta_path), startup.import_ours
failures = 0
for allowed in range(100):
    left = allowed
    def import_some(name):
        global left
        left -= 1
        if left < 0:
            raise ImportError(f"no {{name}} today")
        return import_ours(name)
    startup.import_ours = import_some
    try:
        ringboard.install()
    except ImportError as error:
        assert "today" in str(error)
        failures += 1
    else:
        break
    assert all(vars(holder)[name] is original[name] for name in original)
    assert list(sys.meta_path) == finders
    assert all(sys.modules[name] is module for name, module in modules.items())
assert failures > 10, failures
assert holder.SummaryWriter is ringboard.SummaryWriter
# The same where the names are being replaced.
ringboard.uninstall()
startup.import_ours = import_ours
install = sys.modules["ringboard.install"]
replace = install._replace_names
def fail_at_holder(names, replacements):
    replace(names, replacements)
    if names is vars(holder):
        raise KeyboardInterrupt
install._replace_names = fail_at_holder
try:
    ringboard.install()
except KeyboardInterrupt:
    pass
assert all(vars(holder)[name] is original[name] for name in original)
assert list(sys.meta_path) == finders
assert all(sys.modules[name] is module for name, module in modules.items())
"""
    )


# --- other versions -----------------------------------------------------------------------------------


@pytest.fixture
def other_version(tmp_path):
    package = tmp_path / "tensorboardX"
    (package / "new").mkdir(parents=True)
    package.joinpath("__init__.py").write_text(
        "__version__ = '99.0'\nfrom tensorboardX.writer import BrandNew, SummaryWriter\n"
    )
    package.joinpath("writer.py").write_text("class SummaryWriter: pass\nclass BrandNew: pass\n")
    package.joinpath("new", "__init__.py").write_text("")
    package.joinpath("new", "deeper.py").write_text("def f(): pass\n")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1] / "src")])}


def test_what_a_version_has_more_is_told_of(other_version):
    run_script(
        """
        import importlib.util
        import ringboard
        ringboard.install()
        for name in ("new", "new.deeper"):
            try:
                __import__(f"tensorboardX.{name}")
            except ImportError as error:
                assert f"tensorboardX.new" in str(error) and "uninstall" in str(error), error
            else:
                raise AssertionError("imported")
        assert importlib.util.find_spec("tensorboardX.nowhere") is None
        try:
            from tensorboardX import BrandNew
        except ImportError as error:
            assert "BrandNew" in str(error) and "ringboard" in str(error), error
        else:
            raise AssertionError("imported")
        ringboard.uninstall()
        from tensorboardX import BrandNew
        import tensorboardX.new.deeper
        """,
        env=other_version,
    )


def test_what_a_version_has_more_and_was_imported_stays(other_version):
    run_script(
        """
        import sys
        import tensorboardX.new.deeper
        from tensorboardX import BrandNew, SummaryWriter
        from tensorboardX.new import deeper
        import ringboard
        new = BrandNew
        ringboard.install()
        assert BrandNew is new and "ringboard" in SummaryWriter.__module__
        held = deeper
        try:
            import tensorboardX.new.deeper
        except ImportError as error:
            assert "tensorboardX.new" in str(error) and "uninstall" in str(error), error
        else:
            raise AssertionError("imported")
        ringboard.uninstall()
        import tensorboardX.new.deeper
        assert deeper is held is tensorboardX.new.deeper
        assert tensorboardX.__version__ == "99.0" and SummaryWriter is tensorboardX.SummaryWriter
        """,
        env=other_version,
    )


@pytest.fixture
def other_torch(tmp_path):
    """A torch whose writer lies in a module of another name, and which lacks all that ringboard knows."""
    package = tmp_path / "torch" / "utils" / "tensorboard"
    package.mkdir(parents=True)
    for parent in (package.parents[1], package.parents[0]):
        parent.joinpath("__init__.py").write_text("")
    package.joinpath("__init__.py").write_text(
        "from torch.utils.tensorboard.core import NoteWriter, SummaryWriter\n"
    )
    package.joinpath("core.py").write_text("class SummaryWriter: pass\nclass NoteWriter: pass\n")
    return {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(Path(__file__).parents[1] / "src")])}


@pytest.mark.parametrize("imported_before", [True, False])
def test_a_torch_whose_modules_have_other_names(other_torch, imported_before):
    run_script(
        f"""
        import sys
        if {imported_before}:
            from torch.utils.tensorboard import NoteWriter, SummaryWriter, core
            original = [core.SummaryWriter]
        import ringboard
        ringboard.install()
        if {imported_before}:
            assert SummaryWriter is ringboard.SummaryWriter  # the name, wherever it was defined
            assert core.SummaryWriter is original[0]
        from torch.utils.tensorboard import SummaryWriter
        from torch.utils.tensorboard.writer import FileWriter
        assert SummaryWriter is ringboard.SummaryWriter
        for statement in (
            "import torch.utils.tensorboard.core",
            "from torch.utils.tensorboard.core import SummaryWriter",
            "from torch.utils.tensorboard import NoteWriter",
        ):
            try:
                exec(statement)
            except ImportError as error:
                assert "ringboard" in str(error), error
            else:
                raise AssertionError(statement)
        ringboard.uninstall()
        from torch.utils.tensorboard import core, NoteWriter, SummaryWriter
        assert SummaryWriter is core.SummaryWriter is not ringboard.SummaryWriter
        """,
        env=other_torch,
    )


def test_a_failure_at_any_change_leaves_all_as_it_was():
    run_script(
        f"""{HOLDERS}
import tensorboardX.writer, torch.utils.tensorboard.writer
import ringboard, ringboard.torch, ringboard.tensorboardX
{CLASSES_HOOKED}
install = sys.modules["ringboard.install"]
ours = [ringboard.torch.writer, ringboard.tensorboardX.writer]
watched = [vars(holder), sys.modules, *map(vars, ours), *[vars(each.FileWriter) for each in ours]]
before = [dict(names) for names in watched]
finders = list(sys.meta_path)
class Journal(list):
    def append(self, undo):
        if self.forbidden == len(self) and self.early:
            raise KeyboardInterrupt
        super().append(undo)
        if self.forbidden == len(self) - 1 and not self.early:
            raise KeyboardInterrupt
failures = 0
for early in (True, False):
    for forbidden in range(1000):
        install._journal = journal = Journal()
        journal.forbidden, journal.early = forbidden, early
        try:
            ringboard.install()
        except KeyboardInterrupt:
            failures += 1
        else:
            break
        assert not journal
        assert list(sys.meta_path) == finders
        for names, was in zip(watched, before):
            added = {{name for name in names.keys() ^ was.keys() if not name.startswith("ringboard.")}}
            assert not added, added
            assert all(names[name] is was[name] for name in was)
    assert holder.SummaryWriter is ringboard.SummaryWriter
    ringboard.uninstall()
assert failures > 60, failures
"""
    )


# --- what tools have put into the originals before -------------------------------------------------------

CLASSES_HOOKED = """
seen, made = [], []
def hook(owner):
    original = owner.add_event
    def add_event(self, event, *args, **kwargs):
        seen.extend((value.tag, self.note) for value in event.summary.value)
        return original(self, event, *args, **kwargs)
    owner.add_event = add_event
    owner.note = None
def derive(module):
    class Told(module.EventFileWriter):
        def __init__(self, logdir, *args, **kwargs):
            made.append(logdir)
            super().__init__(logdir, *args, **kwargs)
    class Twice(Told):
        def add_event(self, event):
            super().add_event(event)
    module.orig_EventFileWriter, module.EventFileWriter = module.EventFileWriter, Twice
for module in (torch.utils.tensorboard.writer, tensorboardX.writer):
    hook(module.FileWriter)
    derive(module)
"""


@pytest.mark.parametrize("package", ORIGINALS)
def test_hooks_in_the_originals_go_on_to_ours(tmp_path, package):
    run_script(
        f"""
import sys, glob
import tensorboardX.writer, torch.utils.tensorboard.writer
import ringboard, ringboard.torch, ringboard.tensorboardX
before = {{each: dict(vars(each)) for module in (ringboard.torch, ringboard.tensorboardX)
          for each in (module.writer.FileWriter, module.writer)}}
{CLASSES_HOOKED}
ringboard.install()
from {package} import SummaryWriter
import {package}.writer as module
with SummaryWriter(sys.argv[1] + "/a", purge_step=2) as writer:
    writer.add_scalar("loss", 0.5, 3)
    writer.flush()
    assert writer.stats()["written"] == 1, writer.stats()
assert seen == [("loss", None)] and made == [sys.argv[1] + "/a"], (seen, made)
(path,) = glob.glob(sys.argv[1] + "/a/*")
assert b"ringboard" in open(path, "rb").read()
module.EventFileWriter = module.orig_EventFileWriter  # as the tool takes it back
SummaryWriter(sys.argv[1] + "/b").close()
assert len(made) == 1
ringboard.uninstall()
for each, names in before.items():
    now = vars(each)
    assert {{name for name in names if now[name] is not names[name]}} == set()
    assert now.keys() == names.keys()
""",
        tmp_path,
    )


def test_without_hooks_nothing_is_carried_over():
    run_script(
        """
        import tensorboardX.writer, torch.utils.tensorboard.writer
        import ringboard
        import sys
        import ringboard.torch, ringboard.tensorboardX
        install = sys.modules["ringboard.install"]
        install._put_attribute = None
        ringboard.install()
        assert "orig_EventFileWriter" not in vars(ringboard.torch.writer)
        for each in (ringboard.torch, ringboard.tensorboardX):
            assert "ringboard" in each.writer.EventFileWriter.__module__
        """
    )


def test_a_module_that_only_the_original_has_is_told_of():
    run_script(
        """
        import ringboard
        ringboard.install()
        try:
            import tensorboardX.visdom_writer
        except ImportError as error:
            assert "no counterpart in ringboard" in str(error) and "uninstall" in str(error), error
        else:
            raise AssertionError("imported")
        """
    )
