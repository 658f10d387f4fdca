# distutils: language = c++
"""Completing what dead processes left: the seam to native/recovery."""
from libcpp.string cimport string
from libcpp.vector cimport vector

from recovery_in_use cimport FileIdentity, FilesInUse
from recovery_recovery cimport (
    Choice, FileReport, FileState, RecoverAll, SegmentReport, SegmentState, SharedMemoryRoot, System,
)

import os

cdef dict FILE_STATES = {FileState.kComplete: "complete", FileState.kGone: "gone", FileState.kLeft: "left"}
cdef dict SEGMENT_STATES = {
    SegmentState.kAlive: "alive",
    SegmentState.kElsewhere: "elsewhere",
    SegmentState.kRecovered: "recovered",
    SegmentState.kLeft: "left",
    SegmentState.kUnusable: "unusable",
}


def shared_memory_root():
    """The directory that holds the processes' segments; empty when there is to be none."""
    return os.fsdecode(<bytes>SharedMemoryRoot())


def recover(str log_dir not None, bint discard):
    """(directory, process, state, files, detail) for each segment; files: (path, state, events, bytes, detail)."""
    cdef string root = SharedMemoryRoot()
    cdef Choice choice
    cdef vector[SegmentReport] reports
    choice.log_dir = os.fsencode(log_dir)
    choice.discard = discard
    if root.empty():
        return []
    with nogil:
        reports = RecoverAll(root, choice, &System())
    return [as_tuple(reports[i]) for i in range(<int>reports.size())]


def files_in_use():
    """{(device, inode)} of the event files that segments name: of living processes, and of dead ones whose
    files are not complete."""
    cdef string root = SharedMemoryRoot()
    cdef vector[FileIdentity] files
    if root.empty():
        return set()
    with nogil:
        files = FilesInUse(root)
    return {(files[i].device, files[i].inode) for i in range(<int>files.size())}


cdef tuple as_tuple(const SegmentReport& report):
    files = [file_as_tuple(report.files[i]) for i in range(<int>report.files.size())]
    return (os.fsdecode(<bytes>report.path), report.process, SEGMENT_STATES[report.state], files,
            (<bytes>report.detail).decode("utf-8", "replace"))


cdef tuple file_as_tuple(const FileReport& file):
    return (os.fsdecode(<bytes>file.path), FILE_STATES[file.state], file.events, file.bytes,
            (<bytes>file.detail).decode("utf-8", "replace"))
