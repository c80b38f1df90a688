"""The terminal: reads card and PIN, shows the screens, takes the fee, prints, and leaves nothing behind."""
