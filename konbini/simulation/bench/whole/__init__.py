"""Whole issues, from card to paper, at the services as they run in production: how many a second, and where time goes.

`town` runs center, registry, clerk and `issuing` as processes of their own; `driver` is a process that plays kiosks
(`kiosk`) over the production link; `drivers` holds its handles; `spans` collects the services' traces; `figures` and
`report` say what came out. Limits: card and printer are simulated in the kiosks' process, nothing is rasterised, and
the kiosks share the machine with the services.
"""
