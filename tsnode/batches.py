"""The border between arrays and tensors: float64 in, float64 out, on one device."""

import numpy as np
import torch


def pick_device(device="auto"):
    """Torch device for "auto" (CUDA if there is one), "cpu", "cuda", "cuda:1" or a device."""
    n_gpus = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "auto":
        return torch.device("cuda" if n_gpus else "cpu")
    found = _read_device(device)
    # Numbers here are float64, which other kinds of device (mps) do not know.
    if found is None or found.type not in ("cpu", "cuda"):
        msg = f"device must be auto, cpu or cuda; got {device!r}. Pass one of these."
        raise ValueError(msg)
    if found.type == "cuda" and (found.index or 0) >= n_gpus:
        msg = f"device must be there; got {str(device)!r} where PyTorch sees {n_gpus} CUDA "
        msg += "device(s). Pass 'auto' or 'cpu'."
        raise ValueError(msg)
    return found


def _read_device(device):
    """Torch device of a name, None if torch knows no such name."""
    try:
        return torch.device(device)
    except (RuntimeError, TypeError):
        return None


def device_of(module):
    """Device of the module's first parameter or buffer; the CPU if it has none."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.device("cpu")


def to_tensor(array, device="cpu"):
    """Tensor of an array: floats become float64, integers int64, bools stay bools.

    Read-only arrays, as pandas hands them out, are copied; others share memory on a CPU.
    """
    if torch.is_tensor(array):
        kind = torch.float64 if array.is_floating_point() else array.dtype
        return array.to(device=device, dtype=kind)
    array = np.asarray(array)
    if array.dtype.kind == "f":
        array = array.astype(np.float64, copy=False)
    elif array.dtype.kind in "iu":
        array = array.astype(np.int64, copy=False)
    array = np.ascontiguousarray(array)
    if not array.flags.writeable:
        array = array.copy()
    return torch.from_numpy(array).to(device)


def to_array(tensor):
    """NumPy array of a tensor, off the graph and on the CPU."""
    return tensor.detach().cpu().numpy()
