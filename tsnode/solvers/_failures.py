"""What an adaptive solver says when it gives up."""

from contextlib import contextmanager

NOT_FINITE = "the solver's state was not finite"
# torchdiffeq 0.2.5 tells by AssertionError, with these words among others.
WORDS = {
    "underflow in dt": "the solver's step fell to nothing",
    "max_num_steps exceeded": "the solver ran out of steps",
    "non-finite values in state": NOT_FINITE,
}


class SolverError(ArithmeticError):
    """A solve ended before its last stamp; the message says why."""


@contextmanager
def failures_told():
    """Raise SolverError inside the block where torchdiffeq gives up."""
    try:
        yield
    except AssertionError as error:
        told = [told for word, told in WORDS.items() if word in str(error)]
        if not told:
            raise
        raise SolverError(told[0]) from error
