"""What the command leaves behind: a CSV and a picture, whole or not at all."""

import itertools
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..frames._words import in_words
from ._report import print_out, telling_of

STDOUT = "-"
PICTURES = (".png", ".pdf", ".svg")


def check_outputs(output, plot, file, *, quiet):
    """Refuse outputs that cannot be written or would replace ``file``, before any training."""
    if quiet and output is None and plot is None:
        msg = "--quiet needs --output or --plot; got neither, so nothing would come out. Add one."
        raise ValueError(msg)
    if output not in (None, STDOUT):
        _check_writable(output, "--output")
    if plot is not None:
        if Path(plot).suffix.lower() not in PICTURES:
            msg = f"--plot must end in one of {', '.join(PICTURES)}; got {plot}. Rename it."
            raise ValueError(msg)
        _check_writable(plot, "--plot")
        _check_matplotlib()
    _check_distinct({"FILE": file, "--output": output, "--plot": plot})


def _check_distinct(paths):
    """Refuse two names of one file: the later would replace the earlier."""
    named = {name: path for name, path in paths.items() if path not in (None, STDOUT)}
    if not os.path.exists(paths["FILE"]):
        del named["FILE"]  # a missing file is told with the nearest name
    for (first, one), (second, other) in itertools.combinations(named.items(), 2):
        if _is_same_file(one, other):
            msg = f"{second} must be another file than {first}, which it would replace; "
            msg += f"got {other} and {one}. Choose another name."
            raise ValueError(msg)


def _is_same_file(one, other):
    one, other = Path(one).resolve(), Path(other).resolve()
    if one.exists() and other.exists():
        return one.samefile(other) and not _is_special(one)
    return one == other


def _check_writable(path, option):
    path = Path(path)
    if path.is_dir():
        msg = f"{option} must be a file; got the folder {path}. Add a file name."
        raise ValueError(msg)
    if _is_special(path):
        return
    if path.exists() and not os.access(path, os.W_OK):
        msg = f"{option} must be a file that may be written; got {path}, which may not. "
        msg += "Choose another name."
        raise ValueError(msg)
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        msg = f"{option} must lie in a folder that can be written; got {path.parent} "
        msg += f"({error.strerror}). Choose another folder."
        raise ValueError(msg) from error


def _check_matplotlib():
    from .._optional import import_optional

    try:
        import_optional("matplotlib", extra="plots")
    except ImportError as error:
        raise ValueError(str(error)) from error


@contextmanager
def replacing(path):
    """Yield a name to write to, which takes the place of ``path`` only if all goes well.

    A full disk or an interruption leaves the old file, or none; never half a file.
    """
    path = Path(path)
    with telling_of(path):
        if _is_special(path):
            # A device or a pipe: nothing there can be replaced.
            yield path
        else:
            yield from _draft_of(path)


def _draft_of(path):
    handle, draft = tempfile.mkstemp(
        dir=path.parent, prefix=f".{path.stem}-", suffix=path.suffix.lower()
    )
    os.close(handle)
    try:
        yield Path(draft)
        os.chmod(draft, _usual_mode())
        os.replace(draft, path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _is_special(path):
    return path.exists() and not path.is_file()


def _usual_mode():
    """Permissions of a plain new file: a temporary one is private."""
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def write_text(text, path):
    """Write a file, whole or not at all."""
    with replacing(path) as draft, open(draft, "w", encoding="utf-8", newline="") as stream:
        stream.write(text)
        # Some file systems tell of a full disk only here; afterwards the old file would be gone.
        stream.flush()
        if not _is_special(draft):
            os.fsync(stream.fileno())


def write_forecast(ahead, output, report):
    """Write the forecast as CSV, or print it as a table if no file was named."""
    _tell_of_holes(ahead, report)
    if output is None:
        table = ahead.to_string(float_format="{:.4g}".format, na_rep="none")
        report(f"Forecast:\n{table}")
        return
    text = _as_csv(ahead)
    if output == STDOUT:
        print_out(text, nl=False)
        return
    write_text(text, output)
    report(f"{len(ahead)} rows up to {in_words(ahead.index[-1])} written to {output}")


def _tell_of_holes(ahead, report):
    is_hole = ahead.isna().any(axis=1)
    if is_hole.any():
        text = f"{is_hole.sum()} of {len(ahead)} forecast rows diverged and are empty, the first "
        text += f"at {in_words(ahead.index[is_hole][0])}. "
        report.warn(text + "Ask for a shorter --horizon or another --model.")


def _as_csv(ahead):
    table = ahead.copy()
    if table.index.dtype.kind == "M" or hasattr(table.index, "tz"):
        table.index = [stamp.isoformat() for stamp in table.index]
    name = ahead.index.name or "time"
    return table.to_csv(index_label=name, float_format="%.6g", lineterminator="\n")


def draw(trial, trained, ahead, plot, report):
    """Draw forecast and error into a file."""
    from ._picture import draw_trial

    figure = draw_trial(trial, trained, ahead)
    with replacing(plot) as draft:
        figure.savefig(draft, format=Path(plot).suffix[1:].lower(), dpi=150)
    report(f"picture written to {plot}")
