"""How a public generator is made: a function with a signature of its own around one law."""

from inspect import Parameter, Signature


def make_generator(name, module, documentation, n_samples, keywords, sample):
    """Return ``make_<name>(n_samples, *, **keywords)``.

    Parameters
    ----------
    name, module, documentation : str
    n_samples : int
        Default of the first parameter.
    keywords : dict
        Defaults of the others.
    sample : callable, of a dict of all of them
    """
    signature = Signature(
        [
            Parameter("n_samples", Parameter.POSITIONAL_OR_KEYWORD, default=n_samples),
            *(Parameter(k, Parameter.KEYWORD_ONLY, default=v) for k, v in keywords.items()),
        ]
    )

    def generate(*args, **kwargs):
        bound = signature.bind(*args, **kwargs)
        bound.apply_defaults()
        return sample(dict(bound.arguments))

    generate.__name__ = generate.__qualname__ = f"make_{name}"
    generate.__module__ = module
    generate.__signature__ = signature
    generate.__doc__ = documentation
    return generate
