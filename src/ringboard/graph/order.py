"""The order of nodes in a builder: what a node reads stands before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeVar

K = TypeVar("K")


def sources_first(sources: Mapping[K, Collection[K]]) -> list[K]:
    """The keys, each behind its sources; the keys of a circle last, as they came.

    One pass for what is in this order already, as most files are.
    """
    ordered: dict[K, None] = {}
    waiting = list(sources)
    while waiting:
        later = []
        for key in waiting:
            if all(source in ordered for source in sources[key]):
                ordered[key] = None
            else:
                later.append(key)
        if len(later) == len(waiting):
            ordered.update(dict.fromkeys(later))
            break
        waiting = later
    return list(ordered)
