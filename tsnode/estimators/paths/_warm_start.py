"""Weights of a fit before as the start of a new one."""

import torch

from ...dynamics._module_field import ModuleField

# What the closed form and the standardising of a latent forecaster set anew.
FOUND_ANEW = ("linear.", "encoder.", "drivers.", "center", "scale")


def begin_at_field(field, before):
    """Give a new field the weights of a fitted one.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    # Beside a user's module a field holds its units, which are those of the new data.
    inner = "module" if isinstance(field, ModuleField) else "mlp"
    _check(field, getattr(field, inner), before, getattr(before, inner, None))
    getattr(field, inner).load_state_dict(getattr(before, inner).state_dict())


def begin_at_parts(field, before):
    """Give a new field of known parts the weights of a fitted one, and the terms it kept.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    mine, theirs = dict(field.named_parameters()), dict(before.named_parameters())
    if {n: w.shape for n, w in mine.items()} != {n: w.shape for n, w in theirs.items()}:
        words = [f"{one.n_states} states and {_size(one)} weights" for one in (before, field)]
        _refuse(*words)
    with torch.no_grad():
        for name, weights in mine.items():
            weights.copy_(theirs[name])
        # Buffers hold units, which are those of the new data; but for these.
        for name, kept in field.named_buffers():
            if name in ("size", "remainder.kept"):
                kept.copy_(before.get_buffer(name))


def begin_at_latent(module, before):
    """Give a new latent forecaster the neural weights of a fitted one.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    mine, theirs = module.state_dict(), before.state_dict()
    kept = [name for name in mine if not name.startswith(FOUND_ANEW)]
    same = all(
        name in theirs and mine[name].shape == theirs[name].shape
        # Of the features that it reads the meaning counts, too.
        and (name != "recent" or torch.equal(mine[name].cpu(), theirs[name].cpu()))
        for name in kept
    )  # fmt: skip
    if not same or len(kept) != sum(not name.startswith(FOUND_ANEW) for name in theirs):
        _refuse(f"a history of {before.encoder.in_features} features and {_size(before)} weights",
                f"one of {module.encoder.in_features} and {_size(module)}")  # fmt: skip
    module.load_state_dict(mine | {name: theirs[name] for name in kept})


def same_weights(module, before):
    """Return the weights of a fitted module for a new one of the same shapes.

    Raises
    ------
    ValueError
        The shapes differ.
    """
    mine, theirs = module.state_dict(), before.state_dict()
    if {k: v.shape for k, v in mine.items()} != {k: v.shape for k, v in theirs.items()}:
        _refuse(*(f"{_size(one)} weights" for one in (before, module)))
    return theirs


def check_same_kind(words, kind):
    """Refuse parameters, as words, that the kind of model of the fit before cannot honour."""
    if words:
        msg = f"Expected parameters of a model of the {kind}, as the fit before chose, beside "
        msg += f"warm_start=True; got {', '.join(words)}. Leave them out, or set warm_start=False."
        raise ValueError(msg)


def _check(field, inner, before, before_inner):
    shapes = [
        {name: tuple(w.shape) for name, w in one.state_dict().items()} if one is not None else None
        for one in (inner, before_inner)
    ]
    if shapes[0] != shapes[1]:
        words = [
            f"{one.n_states} states, {one.n_controls} covariates and {_size(one)} weights"
            for one in (before, field)
        ]
        _refuse(*words)


def _size(module):
    return sum(w.numel() for w in module.parameters())


def _refuse(before, now):
    msg = f"Expected the shapes of the fit before beside warm_start=True, {before}; got {now}. "
    msg += "Keep channels, covariates and layers, or set warm_start=False to start anew."
    raise ValueError(msg)
