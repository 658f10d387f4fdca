"""Hyperparameters for TensorBoard's HParams tab: a table with a row for each run ("session").

Three summaries without a value, their content in the plugin's metadata:

    _hparams_/experiment           the table's columns: hyperparameters with their types, and metrics
    _hparams_/session_start_info   one row: the values of its hyperparameters
    _hparams_/session_end_info     how the session ended

TensorBoard takes the columns from the first experiment that it finds in any run.  Without one, it makes them
up: all hyperparameters of all rows, and all scalars that the rows' runs hold.
"""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from ringboard import proto
from ringboard.arrays import describe, to_array, to_tag, widened

Value = bool | float | str
Values = Mapping[str, Value]

_PREFIX = "_hparams_/"
_EXPERIMENT, _SESSION_START, _SESSION_END = 2, 3, 4  # fields of HParamsPluginData
_TAGS = {_EXPERIMENT: "experiment", _SESSION_START: "session_start_info", _SESSION_END: "session_end_info"}
# api.proto's DataType, and what each is called in an error
_STRING, _BOOL, _FLOAT64 = 1, 2, 3
_KINDS = {_STRING: "a string", _BOOL: "a boolean", _FLOAT64: "a number"}
_SUCCESS = 1  # api.proto's Status
_MAX_LISTED = 1000  # more elements are data

# --- summaries ----------------------------------------------------------------------------------------


def hparams_summaries(
    hparam_dict: Any, metric_dict: Any, hparam_domain_discrete: Any = None
) -> tuple[bytes, bytes, bytes]:
    """Serialized Summary messages: experiment, session start, session end.

    Args:
        hparam_dict: name → value, as in SummaryWriter.add_hparams.
        metric_dict: the metrics' tags are its keys.
        hparam_domain_discrete: name → all values that the hyperparameter can have.

    Raises:
        TypeError: they are no dicts, or a domain's values are of another type than the hyperparameter.
        ValueError: a value is none that a table can show.
    """
    if not isinstance(hparam_dict, Mapping) or not isinstance(metric_dict, Mapping):
        raise TypeError(
            "hparams: expected hparam_dict and metric_dict as dicts, "
            f"got {describe(hparam_dict)} and {describe(metric_dict)}"
        )
    values = to_values(hparam_dict)
    domains = to_domains(hparam_domain_discrete, values, hparam_dict)
    tags = to_metric_tags(metric_dict)
    return experiment(values, tags, domains), session_start(values), session_end()


def experiment(
    values: Values, metrics: Iterable[str], domains: Mapping[str, Sequence[Value]] | None = None
) -> bytes:
    """Summary of the table's columns."""
    infos = b"".join(
        proto.message(4, hparam_info(name, _type_of(value), (domains or {}).get(name)))
        for name, value in values.items()
    )
    return _summary(_EXPERIMENT, infos + b"".join(proto.message(5, metric_info(tag)) for tag in metrics))


def session_start(values: Values) -> bytes:
    """Summary of a row."""
    # A map has no order: sorted, equal ones are equal bytes.
    return _summary(
        _SESSION_START,
        b"".join(proto.map_entry(1, name, value_proto(values[name])) for name in sorted(values)),
    )


def session_end() -> bytes:
    """Summary of a session that went well."""
    return _summary(_SESSION_END, proto.integer(1, _SUCCESS))


def _summary(field: int, content: bytes) -> bytes:
    """Summary of one value, whose metadata hold HParamsPluginData with `content` in `field`; version 0."""
    metadata = proto.plugin_metadata("hparams", proto.message(field, content))
    return proto.message(1, proto.text(1, _PREFIX + _TAGS[field]) + proto.message(9, metadata))


def hparam_info(name: str, data_type: int, domain: Sequence[Value] | None) -> bytes:
    """HParamInfo."""
    info = proto.text_unless_empty(1, name) + proto.integer(4, data_type)
    if domain is not None:
        info += proto.message(5, b"".join(proto.message(1, value_proto(value)) for value in domain))
    return info


def metric_info(tag: str) -> bytes:
    """MetricInfo of a scalar in the session's own run."""
    return proto.message(1, proto.text_unless_empty(2, tag))


def value_proto(value: Value) -> bytes:
    """google.protobuf.Value."""
    if isinstance(value, bool):
        return proto.integer(4, value)
    return proto.text(3, value) if isinstance(value, str) else proto.double(2, value)


def _type_of(value: Value) -> int:
    if isinstance(value, bool):
        return _BOOL
    return _STRING if isinstance(value, str) else _FLOAT64


# --- values -------------------------------------------------------------------------------------------


def to_values(hparams: Mapping[Any, Any]) -> dict[str, Value]:
    """name → boolean, number or str, as the table can show it: nested names joined by '/', None left out."""
    flat = _flattened(hparams)
    return {name: _to_value(name, value) for name, value in flat.items() if value is not None}


def to_domains(domains: Any, values: Values, hparams: Mapping[Any, Any]) -> dict[str, list[Value]]:
    """name → the values that the hyperparameter can have, of its own type."""
    if domains is None:
        return {}
    if not isinstance(domains, Mapping):
        raise TypeError(f"hparams: expected hparam_domain_discrete as a dict, got {describe(domains)}")
    found: dict[str, list[Value]] = {}
    known = _flattened(hparams)
    for name, domain in _flattened(domains).items():
        if name not in known:
            raise TypeError(
                f"hparam_domain_discrete[{name!r}]: there is no such hyperparameter in hparam_dict"
            )
        if not isinstance(domain, (list, tuple)):
            raise TypeError(f"hparam_domain_discrete[{name!r}]: expected a list, got {describe(domain)}")
        if name not in values:  # None: no column
            continue
        found[name] = [_to_value(name, each) for each in domain]
        kind = _type_of(values[name])
        for each, given in zip(found[name], domain, strict=True):
            if given is None or _type_of(each) != kind:
                raise TypeError(
                    f"hparam_domain_discrete[{name!r}]: expected {_KINDS[kind]}, as the hyperparameter is; "
                    f"got {describe(given)}"
                )
    return found


def _flattened(nested: Mapping[Any, Any], prefix: str = "") -> dict[str, Any]:
    """{"a": {"b": 1}} as {"a/b": 1}: Lightning's names, so that both fill the same columns."""
    flat: dict[str, Any] = {}
    for key, value in nested.items():
        name = prefix + (key if isinstance(key, str) else str(key))
        inner = _flattened(value, f"{name}/") if isinstance(value, Mapping) else {name: value}
        if twice := flat.keys() & inner.keys():
            raise ValueError(f"hparams: two hyperparameters are called {min(twice)!r}")
        flat |= inner
    return flat


def _to_value(name: str, value: Any) -> Value:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, float)):
        return _to_number(value)
    if isinstance(value, str):
        return str.__str__(value)  # what a str-Enum holds rather than its name
    if hasattr(value, "dtype") and hasattr(value, "shape") and not isinstance(value, type):
        return _from_array(name, value)
    if hasattr(value, "__float__") and not isinstance(value, type):  # Fraction, Decimal
        return _to_number(value)
    return _to_text(name, value)


def _to_text(name: str, value: Any) -> str:
    if isinstance(value, os.PathLike):
        return os.fsencode(value).decode("utf-8", "backslashreplace")
    if isinstance(value, type) or inspect.isroutine(value):
        return str(getattr(value, "__name__", value))
    text = str(value)
    if text == object.__repr__(value):
        raise ValueError(
            f"hparam {name!r}: expected a number, boolean, str or None, or something that str() tells apart; "
            f"got {describe(value)}"
        )
    return text


def _to_number(value: Any) -> Value:
    try:
        return float(value)
    except OverflowError:  # an int past float64's range
        return str(value)


def _from_array(name: str, value: Any) -> Value:
    """An array of one element as that element, a small one as a list."""
    try:
        array = to_array(name, "hparam", value)
    except TypeError:  # of dates, of strings
        return str(value)
    if array.data.size > _MAX_LISTED:
        raise ValueError(
            f"hparam {name!r}: {array.data.size} elements are data and no hyperparameter; "
            f"got {describe(value)}; log it with add_tensor"
        )
    elements = widened(array)
    if elements.size != 1:
        return str(elements.tolist())
    return _to_value(name, elements.item())


def to_metric_tags(metrics: Any) -> list[str]:
    """Tags of scalars; a single str is one tag."""
    return [to_tag(tag) for tag in ([metrics] if isinstance(metrics, (str, bytes)) else metrics)]
