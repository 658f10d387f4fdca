"""Archives: finished event files, packed to a tenth, that come back byte for byte.

    from ringboard import archive

    archive.pack("runs/exp1")         # every finished event file below it → an .rbz each
    archive.restore("runs/exp1")      # and back

`SummaryWriter(..., archive_on_close=True)` packs its own files; `ringboard archive` and `ringboard restore`
are the commands.  Needs the package zstandard: pip install "ringboard[archive]".
"""

from ringboard.archive.packing import ArchiveReport, pack
from ringboard.archive.reading import Archive, ArchiveError, Problem, open_archive
from ringboard.archive.restoring import restore

__all__ = ["Archive", "ArchiveError", "ArchiveReport", "Problem", "open_archive", "pack", "restore"]
