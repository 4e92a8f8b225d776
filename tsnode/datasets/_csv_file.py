"""From a path, an address or an open file to its text: size, compression, encoding."""

import bz2
import gzip
import http.client
import io
import json
import lzma
import re
import urllib.error
import urllib.request
import zipfile
import zlib
from pathlib import Path

REMEDY = "Pass a text file whose first row names the columns, one of them the time."
# Unpacked. Reading takes four to six times that in memory, so that what is longer is refused
# before the machine swaps: it is some seven million rows of fifteen columns.
MAX_BYTES = 2**30
TIMEOUT = 30.0  # seconds for an address to answer

# First bytes of files people pass by mistake.
FOREIGN = {
    b"PAR1": "a Parquet file",
    b"\x89HDF": "an HDF5 file",
    b"CDF": "a NetCDF file",
    b"GRIB": "a GRIB file",
    b"\x89PNG": "a PNG picture",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
}
ADDRESS = re.compile(r"(?:https?|ftp|file)://", re.IGNORECASE)
TITLE = re.compile(r"<title[^>]*>(.*?)</title>", re.IGNORECASE | re.DOTALL)


def read_text(path_or_buffer):
    """Return the name and the text of a file, unpacked and decoded; refuse what is no CSV."""
    name, data = _read_bytes(path_or_buffer)
    data = data if isinstance(data, str) else _unpack(data, name)
    _refuse_length(len(data), name)
    text = data if isinstance(data, str) else _decode(data, name)
    _refuse_other_text(text, name)
    return name, text


def _refuse_length(n_bytes, name):
    if n_bytes > MAX_BYTES:
        msg = f"{name} holds {'more than ' if n_bytes == MAX_BYTES + 1 else ''}"
        msg += f"{n_bytes / 2**30:.1f} GiB of text, expected at most {MAX_BYTES / 2**30:g} GiB, "
        msg += "since it is read into memory at once. Cut it, say by years, and read the parts."
        raise ValueError(msg)


def _read_bytes(path_or_buffer):
    if hasattr(path_or_buffer, "read"):
        name = getattr(path_or_buffer, "name", None)
        name = Path(name).name if isinstance(name, str) else "the buffer"
        return name, path_or_buffer.read()
    if not isinstance(path_or_buffer, str | Path) and not hasattr(path_or_buffer, "__fspath__"):
        kind = type(path_or_buffer).__name__
        msg = f"expected a path or an open file of a CSV, got {kind}. "
        msg += "A DataFrame needs no reading: pass it to fit."
        raise TypeError(msg)
    if isinstance(path_or_buffer, str) and ADDRESS.match(path_or_buffer):
        return _read_address(path_or_buffer)
    path = Path(path_or_buffer).expanduser()
    _refuse_length(path.stat().st_size, path.name)
    return path.name, path.read_bytes()


def _read_address(url):
    name = url.split("?")[0].rstrip("/").rsplit("/", 1)[-1]
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT) as answer:
            return name, answer.read(MAX_BYTES + 1)
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", None) or error
        status = f"{error.code} " if isinstance(error, urllib.error.HTTPError) else ""
        msg = f"{url} cannot be read ({status}{reason}), expected the address of a CSV. "
        msg += "Download it by a browser and pass the file."
        raise ValueError(msg) from error


def _unpack(data, name):
    if data.startswith(b"PK\x03\x04"):
        return _unzip(data, name)
    openers = {b"\x1f\x8b": gzip.open, b"BZh": bz2.open, b"\xfd7zXZ": lzma.open}
    for magic, opener in openers.items():
        if data.startswith(magic):
            return _unpack_with(opener, data, name)
    return data


def _unpack_with(opener, data, name):
    try:
        with opener(io.BytesIO(data)) as unpacked:
            return unpacked.read(MAX_BYTES + 1)
    except (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error) as error:
        msg = f"{name} is compressed but damaged ({error}), expected a whole file. "
        msg += "Copy or download it again."
        raise ValueError(msg) from error


def _unzip(data, name):
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            members = [member for member in archive.namelist() if not member.endswith("/")]
            if len(members) == 1:
                with archive.open(members[0]) as unpacked:
                    return unpacked.read(MAX_BYTES + 1)
    except (zipfile.BadZipFile, zlib.error, EOFError) as error:
        msg = f"{name} is a damaged zip archive, expected a CSV. Copy or download it again."
        raise ValueError(msg) from error
    except (RuntimeError, NotImplementedError) as error:
        # A password, or a compression of newer archivers.
        msg = f"{name} is a zip archive that cannot be opened here ({error}), expected a plain "
        msg += "one. Unpack it, and pass the file in it."
        raise ValueError(msg) from error
    if "[Content_Types].xml" in members:
        msg = f"{name} is an Excel workbook, expected a CSV. Save the sheet as CSV."
    else:
        msg = f"{name} is a zip archive of {len(members)} files, expected one CSV. Unpack it."
    raise ValueError(msg)


def _decode(data, name):
    for magic, kind in FOREIGN.items():
        if data.startswith(magic):
            msg = f"{name} is {kind}, expected a CSV. {REMEDY}"
            raise ValueError(msg)
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", errors="replace")
    if b"\x00" in data[:65536]:
        msg = f"{name} is a binary file, expected a CSV. {REMEDY}"
        raise ValueError(msg)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # Loggers on Windows write degree signs and umlauts so; every byte has a meaning there.
        return data.decode("latin-1")


def _refuse_other_text(text, name):
    start = text[:4096].lstrip()
    kinds = {"{": "JSON", "[": "JSON", "<": "HTML or XML"}
    if not start:
        msg = f"{name} is empty, expected a CSV. {REMEDY}"
        raise ValueError(msg)
    if start[0] in kinds:
        shown = _said_in(text) or repr(" ".join(start[:60].split()))
        msg = f"{name} is {kinds[start[0]]} ({shown}), expected a CSV. {REMEDY}"
        raise ValueError(msg)


def _said_in(text):
    """Return what an error that was saved as a file says: an API's reason, a page's title."""
    if title := TITLE.search(text[:65536]):
        return repr(" ".join(title.group(1).split()))
    try:
        answer = json.loads(text[:65536])
    except ValueError:
        return None
    if isinstance(answer, list):
        answer = answer[0] if answer else None
    if not isinstance(answer, dict):
        return None
    words = [answer.get(key) for key in ("reason", "message", "detail", "error")]
    return next((f"it says: {word}" for word in words if isinstance(word, str)), None)
