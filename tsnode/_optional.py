"""Import a package that only some users need, or say how to install it."""

import importlib


def import_optional(module, *, extra):
    """Import ``module``, or raise ImportError naming the extra that brings it."""
    try:
        return importlib.import_module(module)
    except ImportError as error:
        package = module.partition(".")[0]
        msg = f"{package} is needed here and not installed; run: pip install 'tsnode[{extra}]'."
        raise ImportError(msg) from error
