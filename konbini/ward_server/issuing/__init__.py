"""証明書自動交付システム: the copy that certificates are made from, the rules, and the life of an order."""
