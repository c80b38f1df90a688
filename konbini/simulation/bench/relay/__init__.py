"""What relaying costs: the issuance center, alone and behind an edge, against nginx and HAProxy on the same work."""
