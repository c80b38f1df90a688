"""The ward: registry (住民記録システム), issuing (証明書自動交付システム), clerk (審査), console (操作卓).

Each is a process of its own; the rooms beside them are what several of them share.
"""
