"""From a document in memory to paper in the tray, and the judgement of what came out.

`ports` is what the visit and the long-lived process see; `outcome` judges (pure); `raster` turns a page into
PWG raster; `ipp` and `client` speak IPP over TLS; `printer` puts them together. `exit_sensor` watches the paper exit.
"""
