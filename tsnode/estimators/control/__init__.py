"""Controls that a fitted law is steered by: what drives it, what it shall cost, the search."""
