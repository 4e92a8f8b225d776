"""Callbacks of scikit-learn (1.9 and later) told of a fit: its begin, its epochs, its end."""

from contextlib import contextmanager

from .._progress import listening

try:
    from sklearn.callback import CallbackSupportMixin, with_callbacks
except ImportError:  # before 1.9

    class CallbackSupportMixin:
        """Nothing to support."""

    def with_callbacks(method):
        """Nothing to tear down."""
        return method


@contextmanager
def fit_task(estimator, X, y, sample_weight):
    """Tell the callbacks that ``set_callbacks`` gave, if any, of the fit inside the block.

    The tree of tasks is fit > stage of training > epoch. An epoch is told when it is over, and a
    callback whose ``on_fit_task_end`` returns True there ends its stage. Only the end of the fit
    comes with an estimator that is ready to forecast.
    """
    if not getattr(estimator, "_skl_callbacks", None):
        yield
        return
    metadata = None if sample_weight is None else {"sample_weight": sample_weight}
    told = {"estimator": estimator, "X": X, "y": y, "metadata": metadata}
    task = estimator._init_callback_context(max_subtasks=None)
    task.call_on_fit_task_begin(**told)
    stages = _Stages(task, told)
    with listening(stages):
        yield
    stages.close()
    # No attributes beyond those that the estimator has by now.
    task.call_on_fit_task_end(**told, reconstruction_attributes={})


class _Stages:
    """A listener to progress that keeps one task per stage of training."""

    def __init__(self, task, told):
        self._task = task
        self._told = told
        self._stage = None
        self._done = 0

    def __call__(self, name, done, total):
        if self._stage is None or name != self._stage.task_name or done <= self._done:
            self.close()
            self._stage = self._task.subcontext(task_name=name, max_subtasks=total)
            self._stage.call_on_fit_task_begin(**self._told)
        self._done = done
        epoch = self._stage.subcontext(task_name="epoch")
        epoch.call_on_fit_task_begin(**self._told)
        return epoch.call_on_fit_task_end(**self._told)

    def close(self):
        """End the present stage."""
        if self._stage is not None:
            self._stage.call_on_fit_task_end(**self._told)
        self._stage = None
