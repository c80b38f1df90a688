"""What every process of ours stands on: clock, entropy, the log with its allow-list, durable rows, local calls."""
