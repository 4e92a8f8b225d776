"""Parameters for skorch's net, ``module__...`` and its like, as parameters of the estimator."""

PREFIXES = ("module", "optimizer", "criterion", "iterator_train", "callbacks")


class NetParamsMixin:
    """Keeps ``**net_params`` of the constructor in get_params, set_params and clone.

    BaseEstimator alone loses keyword dictionaries silently.
    """

    def get_params(self, deep=True):
        """Parameters of the estimator, those for the net among them."""
        return super().get_params(deep=deep) | vars(self).get("_net_params", {})

    def set_params(self, **params):
        """Set parameters; ``prefix__name`` with a prefix of skorch's goes to the net."""
        for_net = {name: params.pop(name) for name in list(params) if _is_for_net(name)}
        super().set_params(**params)
        self._net_params = vars(self).get("_net_params", {}) | for_net
        return self

    def _check_no_module_params(self):
        """Refuse ``module__...`` where the module is made of the other parameters."""
        given = [name for name in self._net_params if name.startswith("module__")]
        if given:
            msg = "Expected no parameters of the module, which is made of hidden_layer_sizes and "
            msg += f"its like; got {given}. Leave them out."
            raise TypeError(msg)

    def _check_net_params(self):
        unknown = [name for name in self._net_params if not _is_for_net(name)]
        if unknown:
            own = ", ".join(sorted(super().get_params(deep=False)))
            msg = f"Expected the parameters {own}, or names that begin with "
            msg += f"{', '.join(prefix + '__' for prefix in PREFIXES)}; got {unknown}. "
            msg += "Check the spelling."
            raise TypeError(msg)


def check_callbacks(callbacks):
    """Return ``callbacks`` if they are None, skorch's "disable" or a list of its callbacks."""
    if callbacks is None or isinstance(callbacks, str) and callbacks == "disable":
        return callbacks
    if isinstance(callbacks, list | tuple) and all(_is_callback(entry) for entry in callbacks):
        return callbacks
    msg = "callbacks must be None or a list of skorch's callbacks, alone or as (name, callback); "
    msg += f"got {callbacks!r}. Set callbacks to such a list, and give scikit-learn's to "
    msg += "set_callbacks."
    raise ValueError(msg)


def _is_callback(entry):
    if isinstance(entry, tuple) and len(entry) == 2 and isinstance(entry[0], str):
        entry = entry[1]
    # skorch's classes, and whatever has their methods.
    return hasattr(entry, "on_epoch_end") and hasattr(entry, "set_params")


def _is_for_net(name):
    prefix, delimiter, rest = name.partition("__")
    return prefix in PREFIXES and bool(delimiter) and bool(rest)
