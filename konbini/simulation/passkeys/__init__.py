"""A simulated passkey, and a browser without a window that uses it, for tests."""
