"""Shallow copies of fitted things, so that the original stays as it is."""

import copy


def copy_with(original, **changed):
    """Shallow copy with other attributes, where the original has them."""
    made = object.__new__(type(original))
    vars(made).update(vars(original))
    known = {name: value for name, value in changed.items() if hasattr(original, name)}
    vars(made).update(known)
    return made


def become(original, other):
    """Give a thing all attributes of another of its class, and no others."""
    vars(original).update(vars(other))
    for name in vars(original).keys() - vars(other).keys():
        delattr(original, name)


def copy_path(path):
    """Path with a net of its own: same weights, same course, and the user's own callbacks."""
    made = copy.copy(path)
    made.report = copy.deepcopy(path.report)
    made.net = copy_with(path.net)
    # Training replaces everything else of a net, but moves the weights where they stand.
    made.net.module_ = copy.deepcopy(path.net.module_)
    return made
