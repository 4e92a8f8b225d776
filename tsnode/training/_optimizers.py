"""Optimizers by name, the loop that suits each, and steps that search along a line."""

import difflib
import inspect

import torch

from ._seeds import seeded

# Not offered: one wants sparse gradients, the other matrices only; a field has neither.
_UNFIT = (torch.optim.Optimizer, *(getattr(torch.optim, n, None) for n in ("SparseAdam", "Muon")))
OPTIMIZERS = {
    name: one
    for name, one in vars(torch.optim).items()
    if inspect.isclass(one) and issubclass(one, torch.optim.Optimizer) and one not in _UNFIT
}

FIRST_ORDER_LOOP = {"lr": 3e-3, "batch_size": 64, "lr_schedule": "one_cycle", "ema_decay": 0.99}
# One epoch is one step on all windows, of five iterations, so that curriculum and validation
# keep pace. A line search needs the true gradient of one function, and lr = 1 tries the whole
# quasi-Newton step first (Nocedal and Wright 2006, section 7.2).
LBFGS_LOOP = {
    "lr": 1.0, "batch_size": -1, "lr_schedule": None, "ema_decay": None, "gradient_clip": None,
    "optimizer__line_search_fn": "strong_wolfe", "optimizer__max_iter": 5,
}  # fmt: skip


def find_optimizer(optimizer):
    """Class of torch's optimizer of that name, in any case; a class or callable as it is.

    Examples
    --------
    >>> find_optimizer("adamw").__name__
    'AdamW'
    >>> find_optimizer("AdanW")
    Traceback (most recent call last):
        ...
    ValueError: optimizer must be the name of one of torch's optimizers, or a class; got 'AdanW' \
(did you mean 'AdamW'?). Set optimizer to one of 'ASGD', 'Adadelta', 'Adafactor', 'Adagrad', \
'Adam', 'AdamW', 'Adamax', 'LBFGS', 'NAdam', 'RAdam', 'RMSprop', 'Rprop', 'SGD'.
    """
    if callable(optimizer):
        return optimizer
    by_lower = {name.lower(): name for name in OPTIMIZERS}
    word = optimizer.lower() if isinstance(optimizer, str) else ""
    if word in by_lower:
        return OPTIMIZERS[by_lower[word]]
    near = difflib.get_close_matches(word, by_lower, n=1)
    hint = f" (did you mean {by_lower[near[0]]!r}?)" if near else ""
    listed = ", ".join(repr(name) for name in sorted(OPTIMIZERS))
    msg = "optimizer must be the name of one of torch's optimizers, or a class; got "
    msg += f"{optimizer!r}{hint}. Set optimizer to one of {listed}."
    raise ValueError(msg)


def is_lbfgs(optimizer):
    """Whether the optimizer, by name or class, is torch's L-BFGS or made from it."""
    if optimizer is None:
        return False
    found = find_optimizer(optimizer)
    return inspect.isclass(found) and issubclass(found, torch.optim.LBFGS)


def loop_of(optimizer):
    """Return the parameters of the loop that suit an optimizer, where the user sets none."""
    return dict(LBFGS_LOOP if is_lbfgs(optimizer) else FIRST_ORDER_LOOP)


def takes_parameter(optimizer, name):
    """Whether the optimizer has a parameter of that name."""
    return name in inspect.signature(find_optimizer(optimizer)).parameters


class LineSearch:
    """Steps of L-BFGS, whose loss is evaluated several times and must stay one function.

    Parameters
    ----------
    optimizer : torch.optim.LBFGS
    device : torch device
        Its random numbers, of dropout or of an estimated penalty, are the same in every
        evaluation.
    diverged : class of exceptions
        What an evaluation raises where loss or gradient is not finite.
    """

    def __init__(self, optimizer, device, diverged):
        self.optimizer, self.device, self.diverged = optimizer, device, diverged
        self.task = None

    def step(self, evaluate, task):
        """Make one step.

        Parameters
        ----------
        evaluate : callable () -> loss tensor
            Leaves the gradient in the parameters.
        task : any value
            Equal for equal functions: curvature is forgotten where it changes.

        Raises
        ------
        diverged
            The loss at the present weights is not finite. Further along the line that is a
            wall, from which the search turns back.
        """
        if task is None or task != self.task:
            self.optimizer.state.clear()
        self.task = task
        first = None

        def closure():
            nonlocal first
            try:
                with seeded(0, self.device):
                    loss = evaluate()
            except self.diverged:
                if first is None:
                    raise
                return self._wall(first)
            first = loss.detach() if first is None else first
            return loss

        self.optimizer.step(closure)

    def _wall(self, first):
        for group in self.optimizer.param_groups:
            for parameter in group["params"]:
                parameter.grad = torch.zeros_like(parameter)
        # High enough to refuse the step, low enough for the cubic between both ends.
        return 1e3 * first.abs() + 1.0
