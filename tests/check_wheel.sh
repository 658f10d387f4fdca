#!/bin/sh
# check_wheel.sh WHEEL [PYTHON]: installs the wheel in a new environment in which no compiler can be
# found, logs, and reads the file back with nothing but the standard library.
set -eu
wheel=$(realpath "$1")
python=${2:-python3}
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
"$python" -m venv "$directory/venv"
"$directory/venv/bin/python" -m pip install --quiet "$wheel"
cd "$directory"
CC=false CXX=false PATH=/nonexistent "$directory/venv/bin/python" - <<'PYTHON'
import glob
import os
import sys

import ringboard

assert "site-packages" in ringboard.__file__, ringboard.__file__
with ringboard.SummaryWriter("run") as writer:
    for step in range(1000):
        writer.add_scalar("loss", 1 / (step + 1), step)
    writer.add_histogram("weights", range(100), 0)
    writer.add_image("grey", [[0, 128], [255, 7]], 0, dataformats="HW")
assert os.path.exists(os.path.join(os.path.dirname(ringboard.__file__), "py.typed"))
(path,) = glob.glob("run/*tfevents*")
data, records = open(path, "rb").read(), 0
while data:
    length = int.from_bytes(data[:8], "little")
    data, records = data[length + 16 :], records + 1
assert records == 1003, records
assert glob.glob(os.path.join(os.path.dirname(ringboard.__file__), "..", "ringboard-install.pth"))
print(f"wheel works: ringboard {ringboard.__version__} on Python {sys.version.split()[0]}, {records} records")
PYTHON
# The names of the originals, neither of which is installed here, through the start-up hook and through the command.
PATH=/nonexistent RINGBOARD_INSTALL=1 "$directory/venv/bin/python" -c 'import sys
assert "numpy" not in sys.modules
from tensorboardX import SummaryWriter
assert SummaryWriter.__module__ == "ringboard.tensorboardX.writer"'
PATH=/nonexistent "$directory/venv/bin/ringboard" run -c 'import os
assert "PYTHONPATH" not in os.environ, "the hook was not found"
from tensorboardX import SummaryWriter'
if "$directory/venv/bin/python" -c 'import tensorboardX' 2>/dev/null; then
  echo "tensorboardX is there without being asked for" >&2
  exit 1
fi
