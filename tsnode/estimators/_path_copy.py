"""A copy of a fitted path whose training leaves the original as it is."""

import copy


def copy_path(path):
    """Path with a net of its own: same weights, same course, and the user's own callbacks."""
    made = copy.copy(path)
    made.report = copy.deepcopy(path.report)
    made.net = object.__new__(type(path.net))
    vars(made.net).update(vars(path.net))
    # Training replaces everything else of a net, but moves the weights where they stand.
    made.net.module_ = copy.deepcopy(path.net.module_)
    return made
