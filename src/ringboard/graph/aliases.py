"""Operations in place, as edges.

`y = x[0]; y.add_(1); return x` gives a graph in which nothing uses add_: the data went through memory.  Here
every tensor knows the one whose memory it is a view of, and who wrote there last; who reads it after that
gets an edge from the writer.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ringboard.graph.builder import Ref


class Aliases:
    """Which tensors share memory, and who wrote it last."""

    def __init__(self) -> None:
        self._base: dict[Ref, Ref] = {}
        self._made: dict[Ref, int] = {}
        self._writer: dict[Ref, tuple[int, Ref, Ref]] = {}  # base → when, what was written, by whom
        self._time = 0

    def read(self, ref: Ref) -> list[Ref]:
        """The sources of the tensor's present content."""
        base = self._base.get(ref, ref)
        when, written, writer = self._writer.get(base, (-1, ref, ref))
        if when <= self._made.get(ref, 0) or writer == ref:
            return [ref]
        return [writer] if written == ref else [ref, writer]

    def call(self, schema: Any, given: Iterable[Any], outputs: list[Ref]) -> None:
        """Notes what a call of an operator made and wrote.

        Args:
            schema: the operator's torch.FunctionSchema, or None.
            given: its arguments, each a Ref where it is a tensor.
            outputs: what it made.
        """
        self._time += 1
        self._made.update(dict.fromkeys(outputs, self._time))
        for argument, value in zip(schema.arguments if schema is not None else (), given, strict=False):
            if argument.alias_info is None or not isinstance(value, Ref):
                continue
            base = self._base.get(value, value)
            for output, result in zip(outputs, schema.returns, strict=False):
                if _same_memory(argument.alias_info, result.alias_info):
                    self._base[output] = base
            if argument.alias_info.is_write and outputs:
                self._writer[base] = (self._time, value, outputs[0])


def _same_memory(argument: Any, result: Any) -> bool:
    """By the letters in the schema: Tensor(a) gives Tensor(a)."""
    return result is not None and bool(argument.before_set & result.before_set)
