"""Pages that need nothing but themselves: text, tables and pictures in one HTML file."""

import base64
import io
from html import escape

STYLE = """
:root { color-scheme: light dark; --ink: #1f2328; --faint: #59636e; --rule: #d1d9e0;
  --paper: #ffffff; --card: #f6f8fa; --accent: #b34700; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e8eb; --faint: #9aa4af; --rule: #3a414a; --paper: #15181c; --card: #1d2126;
    --accent: #ff9a57; }
  figure img { filter: invert(1) hue-rotate(180deg); }
}
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 62rem; padding: 2rem 1.25rem 3rem; background: var(--paper);
  color: var(--ink); font: 16px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif; }
h1 { font-size: 1.75rem; line-height: 1.2; margin: 0 0 .25rem; }
h1, p, li { overflow-wrap: anywhere; }
h2 { font-size: 1.2rem; margin: 2.5rem 0 .75rem; padding-top: 1rem;
  border-top: 1px solid var(--rule); }
p { margin: .5rem 0; max-width: 46rem; }
.faint, figcaption, footer { color: var(--faint); font-size: .9rem; }
.figures { display: flex; flex-wrap: wrap; gap: .75rem; margin: 1.25rem 0 0; padding: 0; }
.figures div { background: var(--card); border: 1px solid var(--rule); border-radius: .5rem;
  padding: .6rem .9rem; }
.figures dt { color: var(--faint); font-size: .85rem; }
.figures dd { margin: 0; font-size: 1.15rem; font-weight: 600; white-space: nowrap; }
.wide { overflow-x: auto; margin: .75rem 0; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; font-size: .92rem; }
th, td { padding: .3rem .8rem .3rem 0; text-align: right; white-space: nowrap;
  border-bottom: 1px solid var(--rule); vertical-align: top; }
th { font-weight: 600; }
th:first-child, .text { text-align: left; }
td.text { white-space: normal; }
.best { color: var(--accent); font-weight: 600; }
figure { margin: .75rem 0 1.25rem; }
figure img { display: block; width: 100%; height: auto; }
details { margin: .75rem 0; }
summary { cursor: pointer; color: var(--faint); }
ul { padding-left: 1.2rem; }
footer { margin-top: 3rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
@media print { body { max-width: none; } details > * { display: block; } }
"""

PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
{body}
</body>
</html>
"""


def page(title, parts):
    """Return a whole page.

    Parameters
    ----------
    title : str, plain text
    parts : list of str, HTML
    """
    return PAGE.format(title=escape(title), style=STYLE, body="\n".join(parts))


def tag(name, text, **attributes):
    """Return an element around plain text.

    Examples
    --------
    >>> tag("p", "a < b", role="note")
    '<p role="note">a &lt; b</p>'
    """
    written = "".join(f' {key}="{escape(str(value))}"' for key, value in attributes.items())
    return f"<{name}{written}>{escape(str(text))}</{name}>"


def key_figures(pairs):
    """Return a row of labels, each with the figure it stands for."""
    cells = [f"<div>{tag('dt', label)}{tag('dd', figure)}</div>" for label, figure in pairs]
    return f'<dl class="figures">{"".join(cells)}</dl>'


def bullets(items):
    """Return a list of plain texts."""
    return f"<ul>{''.join(tag('li', item) for item in items)}</ul>" if items else ""


def table(heads, rows, caption=None, *, best=(), text=()):
    """Return a table whose first column names the rows.

    Parameters
    ----------
    heads : list of str
    rows : list of lists of str, one cell a head
    caption : str, default=None
    best : collection of (row, column)
        Cells to stand out.
    text : collection of int
        Columns that hold words, not numbers.
    """
    kinds = [{"class": "text"} if j in text else {} for j in range(len(heads))]
    pairs = zip(heads, kinds, strict=True)
    cells = "".join(tag("th", head, scope="col", **kind) for head, kind in pairs)
    lines = [f"<thead><tr>{cells}</tr></thead><tbody>"]
    for i, row in enumerate(rows):
        cells = [tag("th", row[0], scope="row")]
        for j, cell in enumerate(row[1:], start=1):
            kind = "best" if (i, j) in best else "text" if j in text else None
            cells.append(tag("td", cell, **({"class": kind} if kind else {})))
        lines.append(f"<tr>{''.join(cells)}</tr>")
    # Above the table, not in it: a caption is no wider than its table.
    above = tag("p", caption, **{"class": "faint"}) if caption else ""
    return f'{above}<div class="wide"><table>{"".join(lines)}</tbody></table></div>'


def folded(summary, content):
    """Return HTML that opens at a click."""
    return f"<details>{tag('summary', summary)}{content}</details>"


def picture(figure, caption):
    """Return a figure of matplotlib, which lies inside the page; the caption says what it shows."""
    from matplotlib import rc_context

    stream = io.BytesIO()
    # The same picture twice is the same text twice.
    with rc_context({"svg.hashsalt": "tsnode"}):
        figure.savefig(stream, format="svg", transparent=True, metadata={"Date": None})
    data = base64.b64encode(stream.getvalue()).decode()
    source = f"data:image/svg+xml;base64,{data}"
    image = f'<img alt="{escape(caption)}" src="{source}">'
    return f"<figure>{image}{tag('figcaption', caption)}</figure>"
