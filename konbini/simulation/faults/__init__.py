"""Every fault of the machines: what breaks and how it is mended, the table of trials, and how each ended.

`breakdowns` is the one list, of which the hardware page makes its buttons; `trials` says what is tried at which state
and what must come of it; `trying` does it at the real kiosk of a running town; `verdict` judges (pure); `report`
writes.
"""
