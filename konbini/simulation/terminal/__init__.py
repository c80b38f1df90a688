"""The cashless terminal of the simulated town: a process of its own, with a payment network that says yes or no."""
