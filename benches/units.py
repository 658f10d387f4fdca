"""Numbers with a unit that suits, for people."""

from __future__ import annotations

from benches.work import Unit

_TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
_BYTE_UNITS = ((1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB"), (1, "B"))


def quantity(value: float, unit: Unit) -> str:
    """Three significant digits with a unit that suits."""
    if unit == "count":
        return f"{value:,.0f}"
    if unit == "%":
        return f"{digits(value)} %"
    units = _TIME_UNITS if unit == "s" else _BYTE_UNITS
    scale, name = next((each for each in units if abs(value) >= 0.9995 * each[0]), units[-1])
    return f"{digits(value / scale)} {name}"


def digits(value: float) -> str:
    """Three significant digits."""
    if abs(value) >= 99.95:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 9.995 else f"{value:.2f}"
