"""One seed per fit, drawn from scikit-learn's ``random_state``."""

import numpy as np
from sklearn.utils import check_random_state


def draw_seed(random_state):
    """Draw an int seed below 2**31 from an int, a RandomState or None."""
    return int(check_random_state(random_state).randint(np.iinfo(np.int32).max))
