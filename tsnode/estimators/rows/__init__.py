"""From X, y and history to numbered rows in model time, and what is kept of them."""
