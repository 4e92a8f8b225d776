"""What the command leaves behind: files, whole or not at all."""

import itertools
import os
import tempfile
from contextlib import contextmanager
from pathlib import Path

from ..frames._words import in_words
from ._formats import STDOUT, to_bytes
from ._progress import progress_bar
from ._report import print_out, telling_of

PICTURES = (".png", ".pdf", ".svg")


def check_outputs(file, outputs, *, quiet=False):
    """Refuse outputs that cannot be written or would replace another file, before any training.

    Parameters
    ----------
    file : str, the file that is read
    outputs : dict of option to path or None
    quiet : bool
    """
    asked = {option: path for option, path in outputs.items() if path is not None}
    if quiet and not asked:
        msg = f"--quiet needs {' or '.join(outputs)}; got none, so nothing would come out. "
        raise ValueError(msg + "Add one.")
    if sum(path == STDOUT for path in asked.values()) > 1:
        msg = "Only one output can go to standard output; got - for "
        msg += f"{' and '.join(option for option, path in asked.items() if path == STDOUT)}. "
        raise ValueError(msg + "Name a file for the others.")
    for option, path in asked.items():
        if option == "--report":
            check_matplotlib()
        if option == "--plot":
            check_picture(path, option)
        elif (path != STDOUT or option == "--model-file") and not _is_only_read(path, option):
            _check_writable(path, option)
    check_distinct({"FILE": file} | asked)


def _is_only_read(path, option):
    if option != "--model-file":
        return False
    if path == STDOUT:
        msg = "--model-file must be a file; got -. Name one, such as model.tsnode."
        raise ValueError(msg)
    return os.path.exists(path)


def check_picture(path, option):
    """Refuse a picture of an ending that cannot be drawn, or that cannot be written."""
    if Path(path).suffix.lower() not in PICTURES:
        msg = f"{option} must end in one of {', '.join(PICTURES)}; got {path}. Rename it."
        raise ValueError(msg)
    _check_writable(path, option)
    check_matplotlib()


def check_distinct(paths):
    """Refuse two names of one file: the later would replace the earlier."""
    named = {name: path for name, path in paths.items() if path != STDOUT}
    if "FILE" in named and not os.path.exists(paths["FILE"]):
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


def check_matplotlib():
    """Refuse to draw where matplotlib is missing."""
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


def write_bytes(data, path):
    """Write a file, whole or not at all."""
    with replacing(path) as draft, open(draft, "wb") as stream:
        stream.write(data)
        # Some file systems tell of a full disk only here; afterwards the old file would be gone.
        stream.flush()
        if not _is_special(draft):
            os.fsync(stream.fileno())


def write_text(text, path):
    """Write a file of text, whole or not at all."""
    write_bytes(text.encode(), path)


def write_forecast(ahead, asked, about, report):
    """Write the forecast to ``asked.output``, or print it as a table if no file was named."""
    _tell_of_holes(ahead, report)
    if asked.output is None:
        table = ahead.to_string(float_format="{:.4g}".format, na_rep="none")
        report(f"Forecast:\n{table}")
        return
    what = f"{len(ahead)} rows up to {in_words(ahead.index[-1])}"
    write_table(ahead, asked, about | {"table": "forecast"}, report, what)


def write_table(table, asked, about, report, what="errors by lead"):
    """Write a table to ``asked.output`` in its format."""
    data = to_bytes(table, asked.format, about)
    if asked.output == STDOUT:
        print_out(data if asked.format == "parquet" else data.decode(), nl=False)
        return
    write_bytes(data, asked.output)
    report(f"{what} written to {asked.output}")


def _tell_of_holes(ahead, report):
    is_hole = ahead.isna().any(axis=1)
    if is_hole.any():
        text = f"{is_hole.sum()} of {len(ahead)} forecast rows diverged and are empty, the first "
        text += f"at {in_words(ahead.index[is_hole][0])}. "
        report.warn(text + "Ask for a shorter --horizon or another --model.")


def write_report(found, path, report):
    """Write the HTML report, or print it."""
    from ._html_report import forecast_report

    with progress_bar("writing the report", quiet=report.quiet):
        text = forecast_report(found)
    if path == STDOUT:
        print_out(text, nl=False)
        return
    write_text(text, path)
    report(f"report written to {path}")


def draw(found, plot, report):
    """Draw forecast and error into a file."""
    from ._picture import draw_trial

    with progress_bar("drawing", quiet=report.quiet):
        figure = draw_trial(found.trial, found.model, found.ahead, found.bounds)
        save_figure(figure, plot)
    report(f"picture written to {plot}")


def save_figure(figure, plot):
    """Write a figure in the format that its name ends in."""
    with replacing(plot) as draft:
        figure.savefig(draft, format=Path(plot).suffix[1:].lower(), dpi=150)
