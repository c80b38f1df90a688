"""Every defence that the museum knows, by where its check stands: wire, issuing, clerk, kiosk."""
