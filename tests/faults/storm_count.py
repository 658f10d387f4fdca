"""What a kill storm came to, in numbers; apart from its judge, whose imports would burden those who fork."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass


@dataclass
class Count:
    """What a number of kills came to. All but the first two must be 0."""

    acknowledged: int = 0
    found: int = 0
    lost_python: int = 0  # acknowledged, and TensorBoard's reader in Python has them not
    lost_rust: int = 0
    duplicates: int = 0
    disordered: int = 0  # steps that don't follow their tag's last one by one: holes, too
    wrong: int = 0  # events whose payload is not what was logged
    unsound: int = 0  # files with a torn tail or a damaged record

    def __add__(self, other: Count) -> Count:
        mine, theirs = dataclasses.astuple(self), dataclasses.astuple(other)
        return Count(*map(sum, zip(mine, theirs, strict=True)))

    def faults(self, *, losses_count: bool = True) -> dict[str, int]:
        """All that must be 0 and is not. Losses may not count, nor then the torn files that they leave."""
        losses = {"lost_python", "lost_rust", "unsound"}
        passed = {"acknowledged", "found"} | (set() if losses_count else losses)
        counted = dataclasses.asdict(self)
        return {name: count for name, count in counted.items() if count and name not in passed}
