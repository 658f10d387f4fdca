"""Takes the part of ringboard-install.pth where that is not installed: `ringboard run` puts this directory on
PYTHONPATH then.  Python imports the first sitecustomize that it finds, so this one goes on to the next."""

from __future__ import annotations

import importlib.machinery
import importlib.util
import os
import sys
from typing import Any

_HERE = os.path.dirname(os.path.abspath(__file__))
_ROOT = os.path.dirname(os.path.dirname(os.path.dirname(_HERE)))


def _execute(spec: Any) -> Any:
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


sys.path[:] = [each for each in sys.path if os.path.abspath(each) != _HERE]
try:
    _execute(importlib.machinery.PathFinder.find_spec("_ringboard_startup", [_ROOT])).start()
except Exception as error:  # whatever is wrong, Python starts
    print(f"ringboard could not be installed in the place of other writers: {error!r}", file=sys.stderr)
_next = importlib.machinery.PathFinder.find_spec("sitecustomize")
if _next is not None:
    _execute(_next)
