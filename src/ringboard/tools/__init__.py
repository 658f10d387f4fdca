"""What the commands do with event files, as functions.

They copy records as they are: what was logged is never encoded anew, but where an event loses some of its
values.
"""

from ringboard.tools.check import FileCheck, check
from ringboard.tools.merge import MergedRun, merge
from ringboard.tools.repair import Repair, repair
from ringboard.tools.thin import ThinnedRun, thin

__all__ = ["FileCheck", "MergedRun", "Repair", "ThinnedRun", "check", "merge", "repair", "thin"]
