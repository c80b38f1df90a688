"""The ward: registry (住民記録システム), issuing (証明書自動交付システム), and the clerk that reads before it seals."""
