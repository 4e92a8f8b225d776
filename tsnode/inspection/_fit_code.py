"""Python that fits a recommended forecaster, written so that it can be pasted."""

import json

WIDTH = 88  # of a line, so that it may stand indented


def write_code(estimator, settings, rows, kept):
    """Write the Python that fits the estimator to ``frame``, lines of at most 88 characters."""
    words = [f"{name}={_literal(name, value)}" for name, value in settings.items()]
    lines = ["import tsnode", "", f"model = tsnode.{estimator}({', '.join(words)})"]
    if len(lines[-1]) > WIDTH:
        lines[-1] = f"model = tsnode.{estimator}(\n{packed(words)}\n)"
    x, y = rows.inputs
    if not (y == "frame" and (len(kept) == 1 or kept.all())):
        names = [
            _literal(None, label) for label, keep in zip(rows.labels, kept, strict=True) if keep
        ]
        listed = f"[{', '.join(names)}]"
        if len(listed) > WIDTH - 30:
            lines.append(f"names = [\n{packed(names)}\n]")
            listed = "names"
        y = ("frame[{names}]" if y == "frame" else y).replace("{names}", listed)
    return "\n".join([*lines, f"model.fit({x}, {y})"])


def packed(items):
    """Fill indented lines with items and commas."""
    lines = [""]
    for item in items:
        if len(lines[-1]) + len(item) + 6 > WIDTH and lines[-1]:
            lines.append("")
        lines[-1] += f"{' ' if lines[-1] else ''}{item},"
    return "\n".join(f"    {line}" for line in lines)


def _literal(name, value):
    if name == "features":
        return f"tsnode.preprocessing.{value}"
    return json.dumps(value) if isinstance(value, str) else repr(value)
