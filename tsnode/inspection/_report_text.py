"""The report as text of at most 100 columns."""

import textwrap

import numpy as np

from ..frames._words import in_words, roughly
from ._period_groups import group_periods

WIDTH = 100
LABEL = 12
MOST_CHANNELS = 20


def write_report(found, advice, notes):
    """Return all parts but the code, one below the other."""
    parts = [
        _part("Stamps", _stamps(found)),
        _channels(found),
        _part("Periods", _periods(found)),
        _part("Phase space", _phase_space(found)),
        _part("Notes", notes) if notes else "",
        _part("Start with", _start(advice)),
    ]
    return "\n".join(part for part in parts if part)


def indent(code):
    """Set code below the sentences."""
    return textwrap.indent(code, " " * LABEL)


def _part(label, sentences):
    """Sentences, each from a new line, beside a label."""
    blank = " " * LABEL
    lines = []
    for sentence in sentences:
        lines += textwrap.wrap(sentence, WIDTH - LABEL, break_on_hyphens=False)
    return "\n".join(
        f"{label if k == 0 else '':{LABEL}}{line}" for k, line in enumerate(lines)
    ) or (f"{label}{blank}")


def _stamps(found):
    stamps, rows = found.stamps, found.rows
    text = f"{stamps.n_rows:,} rows"
    if stamps.n_series > 1:
        low, high = stamps.rows_per_series
        text += f" of {stamps.n_series:,} series ({low:,} to {high:,} each)"
    first, last = (in_words(_stamp(one)) for one in (stamps.first, stamps.last))
    yield f"{text} from {first} to {last}{_zone(stamps)}."
    if stamps.is_regular:
        text = f"Regular, a row every {stamps.step_in_words}"
        text += f"; {stamps.n_gaps:,} gaps" if stamps.n_gaps else "; no gaps"
    else:
        text = f"Irregular: half of the rows follow the one before within {stamps.step_in_words}; "
        text += f"{stamps.off_grid_share:.0%} of the rows lie over a tenth of that off an even grid"
    longest = roughly(stamps.longest_gap, rows.clock)
    if stamps.n_gaps or not stamps.is_regular:
        text += f"; the longest {'gap ' if not stamps.is_regular else ''}is {longest}, after "
        text += in_words(_stamp(stamps.longest_gap_from))
    yield text + "."


def _zone(stamps):
    if stamps.kind == "datetime":
        return "" if stamps.zone else " (no time zone)"
    if stamps.kind == "float":
        return " (plain numbers, in whose unit all times here are)"
    return f" ({stamps.kind}s)"


def _channels(found):
    """Table of the channels."""
    table, units = found.channels, found.rows.units
    shown = table[:MOST_CHANNELS]
    names = [_short(name, units.get(name)) for name in shown.index]
    width = max(LABEL, *map(len, names)) if names else LABEL
    heads = ("missing", "mean", "std", "min", "max", "noise", "noise/std")
    lines = [f"{'Channels':{width}}" + "".join(f"{head:>11}" for head in heads)]
    for name, (_, row) in zip(names, shown.iterrows(), strict=True):
        numbers = [_number(row[key]) for key in ("mean", "std", "min", "max", "noise")]
        cells = [_percent(row.missing), *numbers, _percent(row.noise_share)]
        lines.append(f"{name:{width}}" + "".join(f"{cell:>11}" for cell in cells))
    if len(table) > len(shown):
        lines.append(f"{'':{LABEL}}... and {len(table) - len(shown)} more (report.channels)")
    if np.isfinite(shown.noise.astype(float)).any():
        text = "noise: standard deviation of what does not go on smoothly from row to row (of the "
        text += "instrument, of rounding, or motion faster than the rows); std: that of the values."
        lines.append(_part("", [text]))
    return "\n".join(lines)


def _short(name, unit):
    text = f"{name} [{unit}]" if unit else name
    return text if len(text) <= 22 else f"{text[:19]}..."


def _periods(found):
    groups = group_periods(found.periods, found.rows.clock)
    if not groups:
        yield "None stands out of noise (a period must be seen three times)."
        return
    periods = found.periods
    for line in groups[:3]:
        same = (periods.period / line.period - 1).abs() < 0.04
        mine = periods[same & periods.harmonic_of.isna()].drop_duplicates("channel")
        shares = [f"{one.channel} {_percent(one.share)}" for one in mine.itertuples()]
        shares = [*shares[:6], *(["..."] if len(shares) > 6 else [])]
        overtones = periods[(periods.harmonic_of / line.period - 1).abs() < 0.04]
        text = f"{line.words(found)}: {', '.join(shares)} of the variance"
        if len(overtones):
            lengths = sorted({round(line.period / p) for p in overtones.period})
            fractions = ", ".join(f"1/{n}" for n in lengths)
            text += f"; with waves of {fractions} of it (no plain sine)"
        yield text + "."
    if len(groups) > 3:
        yield f"... and {len(groups) - 3} more (report.periods)."


def _phase_space(found):
    space, clock = found.phase_space, found.rows.clock
    if space is None:
        yield "No channel varies."
        return
    if np.isnan(space.covered):
        yield f"Too few whole rows to compare old and new ({space.n_older} and {space.n_newer})."
    else:
        what = "rows (each with two earlier ones)" if space.uses_past else "rows"
        text = (
            f"{space.covered:.0%} of the newest fifth of the {what} lie near an older one: within "
        )
        yield text + f"a tenth of the distance of two rows drawn at random. {_meaning(space)}"
    if np.isnan(space.from_row):
        yield "Too few rows to tell whether a row foretells what follows."
        return
    least = min(space.persistence, space.mean)
    ahead = roughly(space.horizon, clock)
    text = f"{ahead} ahead, the squared error of the {space.reference} is {least:.2g} of the "
    text += f"variance. Simple forecasts save {_saved(space.from_row)} of it from a row alone, "
    yield text + f"{_saved(space.from_past)} with two earlier rows. {_verdict(space)}"


def _meaning(space):
    if space.covered >= 0.9:
        return "The data have been where they go."
    if space.covered >= 0.5:
        return "The data have been in most places where they go."
    if space.dimension > 3:
        return f"In {space.dimension} dimensions few rows are alike: expect states never seen."
    return "They go where they have not been: expect states never seen, or a trend."


def _verdict(space):
    return {
        "whole": "The state seems to be observed whole.",
        "hidden": "The state is not observed whole: earlier rows tell more.",
        "unpredictable": "No forecast that was tried is better than the mean by a tenth.",
        "wandering": "None that was tried beats the last value by a tenth.",
        "open": "Whether the state is observed whole stays open.",
    }[space.states]


def _saved(share):
    return f"{share:.0%}" if share > 0 else "nothing"


def _start(advice):
    yield f"{advice.estimator}:"
    yield from advice.reasons


def _percent(share):
    if np.isnan(share):
        return "-"
    if share == 0:
        return "0"
    return f"{share:.0%}" if share >= 0.1 else f"{share:.1%}" if share >= 0.001 else "<0.1%"


def _number(value):
    if not np.isfinite(value):
        return "-"
    return f"{value:,.0f}" if 1000 <= abs(value) < 1e6 else f"{value:.3g}"


def _stamp(value):
    return value.to_timestamp() if hasattr(value, "to_timestamp") else value
