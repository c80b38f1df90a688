"""The simulated headphone jack, and the hands that plug in and pull out."""
