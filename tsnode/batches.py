"""The border between arrays and tensors: float64 in, float64 out, on one device."""

import numpy as np
import torch


def pick_device(device="auto"):
    """Torch device for "auto" (CUDA if there is one), a name or a device."""
    if device == "auto":
        device = "cuda" if torch.cuda.is_available() else "cpu"
    return torch.device(device)


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
