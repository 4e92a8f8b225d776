"""The tools that find the weights: match, collocation, the closed-form stage and the loop."""
