"""Numbers as Markdown and as a picture."""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from pathlib import Path

from benches.harness import Samples
from benches.units import digits, quantity
from benches.work import BASELINE, OURS, PEERS, Contender, Measure, Unit, Work

_COLOURS = {OURS: "#0b7a75", "torch": "#d96704", "tensorboardX": "#7b5ea7", BASELINE: "#8d99ae"}


def spread(values: Sequence[float], unit: Unit) -> str:
    """median (min – max)"""
    if not values:
        return "—"
    middle = quantity(statistics.median(values), unit)
    if len(values) == 1 or unit == "count":
        return middle
    return f"{middle} ({quantity(min(values), unit)} – {quantity(max(values), unit)})"


def ratio(values: Sequence[float]) -> str:
    """min – **median** – max"""
    if not values:
        return "—"
    return f"{digits(min(values))} – **{digits(statistics.median(values))}** – {digits(max(values))}"


def machine_header(machine: dict[str, str], size: str, repeats: int) -> str:
    lines = [f"- {name}: {text}" for name, text in machine.items()]
    lines.append(
        f"- size `{size}`, {repeats} repeats, a process for each contender and repeat, order shuffled"
    )
    return "\n".join(lines)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def work_page(samples: Samples, machine: dict[str, str], repeats: int, docstring: str) -> str:
    """One work in full: every measure of every contender, and every ratio."""
    work, amount = samples.work, samples.work.amounts[samples.size]
    measures = [measure for measure in work.measures if samples.having(measure)]
    rows = [
        [each.name, f"{amount.of(each.library):,}"]
        + [spread(samples.of(each.name, measure.key), measure.unit) for measure in measures]
        for each in work.contenders
    ]
    if work.many:
        measured = _measures_as_rows(samples, measures)
    else:
        measured = table(["contender", "n", *(measure.title for measure in measures)], rows)
    ring = f"Ring: {quantity(amount.ring_bytes, 'B') if amount.ring_bytes else 'the default'}."
    parts = [
        f"# {work.title}",
        docstring.strip(),
        machine_header(machine, samples.size, repeats),
        f"Each cell: median (min – max) over the repeats. {ring} {work.notes}".strip(),
        measured,
        "How many times as long a peer takes, within one repeat: min – **median** – max.",
        table(["", *_rivals(samples.work)], _ratio_rows(samples)),
    ]
    return "\n\n".join(parts) + "\n"


def _measures_as_rows(samples: Samples, measures: Sequence[Measure]) -> str:
    contenders = [each.name for each in samples.work.contenders]
    rows = [
        [measure.title, *(spread(samples.of(name, measure.key), measure.unit) for name in contenders)]
        for measure in measures
    ]
    return table(["", *contenders], rows)


def _rivals(work: Work) -> list[str]:
    """torch and tensorboardX; where neither takes part, the other contenders."""
    if any(each.library in PEERS for each in work.contenders):
        return list(PEERS)
    return [each.name for each in work.contenders if each.library not in (OURS, BASELINE)]


def _ratio_rows(samples: Samples) -> list[list[str]]:
    return [
        [f"{measure.title}: {ours.name}"]
        + [ratio(_peer_ratios(samples, rival, ours, measure)) for rival in _rivals(samples.work)]
        for measure in (samples.work.measures if samples.work.many else samples.work.headlines)
        for ours in samples.having(measure, OURS)
    ]


def _peer_ratios(samples: Samples, rival: str, ours: Contender, measure: Measure) -> list[float]:
    """`rival` is a library, or a contender's name."""
    return [
        each
        for peer in samples.having(measure)
        if rival in (peer.library, peer.name)
        for each in samples.ratios(peer.name, ours.name, measure.key)
    ]


def combined_page(
    results: Sequence[Samples],
    machine: dict[str, str],
    repeats: int,
    plots: Sequence[str],
    refused: Sequence[str],
    others: Sequence[str],
) -> str:
    """One row a headline and contender of ours.

    Args:
        results, machine, repeats: of this run.
        plots: names of pictures.
        refused: works that gave a wrong answer.
        others: works that stand beside these, from other runs.
    """
    head = ["work", OURS, *PEERS, "baseline", *(f"{peer} ÷ ringboard" for peer in PEERS)]
    rows = [row for samples in results for row in _combined_rows(samples)]
    parts = [
        "# Results",
        "Written by `python -m benches.report`; don't edit.",
        machine_header(machine, results[0].size, repeats),
        "Times are medians over the repeats, per call or value; ratios are of the same repeat, "
        "min – **median** – max. Over 1: ringboard is faster. Peers log fewer events; times are per event.",
        table(head, rows),
        "In full, with the spread of each: "
        + ", ".join(f"[{each.work.name}]({each.work.name}.md)" for each in results)
        + ".",
        *(f"![time per call, logarithmic]({plot})" for plot in plots),
    ]
    if others:
        links = ", ".join(f"[{name}]({name}.md)" for name in others)
        parts.append(f"From other runs, whose machine and size stand in each: {links}.")
    if refused:
        parts.append(f"Not timed, because a contender's answer was wrong: {', '.join(refused)}.")
    return "\n\n".join(parts) + "\n"


def _combined_rows(samples: Samples) -> list[list[str]]:
    rows = []
    for measure in samples.work.headlines:
        baselines = samples.having(measure, BASELINE)
        told = [f"{each.name} {_median(samples, each, measure)}" for each in baselines]
        for ours in samples.having(measure, OURS):
            peers = [samples.having(measure, peer) for peer in PEERS]
            rows.append(
                [row_title(samples, measure, ours), _median(samples, ours, measure)]
                + [_median(samples, peer[0], measure) if peer else "—" for peer in peers]
                + [", ".join(told) or "—"]
                + [ratio(_peer_ratios(samples, peer, ours, measure)) for peer in PEERS]
            )
    return rows


def row_title(samples: Samples, measure: Measure, ours: Contender) -> str:
    """The work; which measure, if it has several; which of our interfaces, if not the first."""
    title = samples.work.title
    if len(samples.work.headlines) > 1:
        title = measure.title if samples.work.many else f"{title}: {measure.title}"
    variant = ours.name.removeprefix(OURS).strip(" ,")
    return f"{title}; {variant}" if variant else title


def _median(samples: Samples, contender: Contender, measure: Measure) -> str:
    return quantity(samples.median(contender.name, measure.key), measure.unit)


def draw(results: Sequence[Samples], machine: dict[str, str], path: Path) -> bool:
    """Bars of the medians on a logarithmic axis, whiskers from min to max; False when there are none."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    results = [samples for samples in results if not samples.work.many]
    groups = [(samples, measure) for samples in results for measure in samples.work.headlines]
    if not groups:
        return False
    bars = [
        (place, samples, measure, contender)
        for place, (samples, measure) in enumerate(groups)
        for contender in samples.having(measure)
    ]
    figure, axes = plt.subplots(figsize=(10, 1.6 + 0.3 * (len(bars) + len(groups))), layout="constrained")
    labels, ticks, legend = [], [], {}
    y = 0.0
    previous = -1
    for place, samples, measure, contender in bars:
        if place != previous:
            y += 1.0
            text = samples.work.title.replace("`", "")
            text += f" ({measure.title})" if len(samples.work.headlines) > 1 else ""
            axes.text(0.0, y, text, transform=axes.get_yaxis_transform(), va="center", weight="bold", size=9)
            y, previous = y + 0.9, place
        values = samples.of(contender.name, measure.key)
        middle = statistics.median(values)
        whiskers = [[middle - min(values)], [max(values) - middle]]
        colour = _COLOURS.get(contender.library, "#bbbbbb")
        drawn = axes.barh(y, middle, 0.8, color=colour, xerr=whiskers, error_kw={"capsize": 3, "lw": 1})
        legend.setdefault(contender.library, drawn)
        axes.text(max(values) * 1.1, y, quantity(middle, measure.unit), va="center", size=8)
        labels.append(contender.name)
        ticks.append(y)
        y += 1.0
    axes.set_yticks(ticks, labels, size=8)
    axes.set_ylim(y, 0.3)
    axes.set_xscale("log")
    axes.set_xlim(right=axes.get_xlim()[1] * 5)
    ticks_s = [10.0**power for power in range(-9, 3)]
    low, high = axes.get_xlim()
    shown = [tick for tick in ticks_s if low <= tick <= high]
    axes.set_xticks(shown, [quantity(tick, "s") for tick in shown])
    axes.set_xlabel("time per call, per value or per step; shorter is better; whiskers: min and max")
    axes.legend(legend.values(), legend.keys(), loc="upper right", fontsize=8)
    axes.set_title(f"{machine['CPU']}\nringboard {machine['ringboard']}, size {results[0].size}", size=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return True


def draw_methods(results: Sequence[Samples], machine: dict[str, str], path: Path) -> bool:
    """A line a method with a point for each library, on a logarithmic axis; False when there are none."""
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    lines = [
        (samples, measure) for samples in results if samples.work.many for measure in samples.work.headlines
    ]
    if not lines:
        return False
    figure, axes = plt.subplots(figsize=(10, 1.5 + 0.27 * len(lines)), layout="constrained")
    for library in (OURS, *PEERS):
        points = [
            (samples.median(library, measure.key), place)
            for place, (samples, measure) in enumerate(lines)
            if samples.of(library, measure.key)
        ]
        if points:
            axes.plot(*zip(*points, strict=True), "o", ms=7, color=_COLOURS[library], label=library)
    axes.set_yticks(range(len(lines)), [measure.title.replace("`", "") for _, measure in lines], size=8)
    axes.set_ylim(len(lines) - 0.3, -0.7)
    axes.set_xscale("log")
    low, high = axes.get_xlim()
    shown = [10.0**power for power in range(-9, 3) if low <= 10.0**power <= high]
    axes.set_xticks(shown, [quantity(tick, "s") for tick in shown])
    axes.grid(axis="both", alpha=0.3)
    axes.set_xlabel("time per call, to the closed file; further left is better")
    axes.legend(loc="lower left", fontsize=8)
    axes.set_title(f"{machine['CPU']}\nringboard {machine['ringboard']}, size {results[0].size}", size=9)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=130)
    plt.close(figure)
    return True
