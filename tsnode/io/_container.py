"""The file: one of safetensors, whose header holds a JSON document and a checksum of every byte."""

import hashlib
import json
import re

import safetensors.numpy
from safetensors import SafetensorError

FORMAT, VERSION = "tsnode forecaster", 1
# The limit of safetensors itself.
MOST_HEADER = 100_000_000
# Quotes inside the document are escaped, so that nothing in it looks like this.
DIGEST = re.compile(rb'"sha256":"([0-9a-f]{64})"')
NO_DIGEST = b"0" * 64


class DamagedError(ValueError):
    """Bytes that are no whole file of a forecaster; the message goes on from "which"."""


def pack(document, tensors, written_by):
    """Bytes of a file.

    Parameters
    ----------
    document : data that JSON knows
    tensors : dict of str -> array
    written_by : str
        Version of tsnode.
    """
    metadata = {
        "format": FORMAT, "version": str(VERSION), "tsnode": written_by,
        "sha256": NO_DIGEST.decode(), "document": json.dumps(document, allow_nan=False),
    }  # fmt: skip
    data = bytearray(safetensors.numpy.save(tensors, metadata))
    start, end = _digest_place(data)
    data[start:end] = hashlib.sha256(data).hexdigest().encode()
    return bytes(data)


def unpack(data):
    """Document and tensors of the bytes of a file.

    Raises
    ------
    DamagedError
        The bytes are foreign, cut off, changed, or of a later format.
    """
    metadata = _read_metadata(data)
    version = metadata.get("version", "")
    if version != str(VERSION):
        by = f"by tsnode {metadata.get('tsnode')}"
        msg = f"has format {version!r} (written {by}) where this version reads {VERSION}"
        raise DamagedError(msg)
    start, end = _digest_place(data)
    view = memoryview(data)
    digest = hashlib.sha256(view[:start])
    digest.update(NO_DIGEST)
    digest.update(view[end:])
    if digest.hexdigest().encode() != data[start:end]:
        msg = "is damaged or cut off: its checksum does not match"
        raise DamagedError(msg)
    try:
        tensors = safetensors.numpy.load(data)
        document = json.loads(metadata["document"])
    except (SafetensorError, KeyError, TypeError, ValueError, RecursionError) as error:
        msg = f"cannot be read ({error})"
        raise DamagedError(msg) from error
    return document, tensors


def _read_metadata(data):
    size = int.from_bytes(data[:8], "little")
    if len(data) < 10 or data[8:9] != b"{" or size > MOST_HEADER:
        msg = "is none, or is damaged at its beginning"
        raise DamagedError(msg)
    if 8 + size > len(data):
        msg = f"is cut off after {len(data):,} bytes"
        raise DamagedError(msg)
    try:
        metadata = json.loads(data[8 : 8 + size]).get("__metadata__", {})
        is_ours = metadata.get("format") == FORMAT
    except (ValueError, AttributeError, RecursionError) as error:
        msg = "is damaged in its header"
        raise DamagedError(msg) from error
    if not is_ours:
        msg = "is one of safetensors, but of no forecaster"
        raise DamagedError(msg)
    return metadata


def _digest_place(data):
    size = int.from_bytes(data[:8], "little")
    found = list(DIGEST.finditer(data, 8, 8 + size))
    if len(found) != 1:
        msg = "holds no checksum"
        raise DamagedError(msg)
    return found[0].span(1)
