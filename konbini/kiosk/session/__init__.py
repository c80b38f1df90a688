"""What a visit may do, and what a screen may show of it: pure, without clock, device or network."""
