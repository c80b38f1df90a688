"""What every benchmark hands on: its rows as JSON, drawn as SVG and written into the documents' marked tables.

`spread` gives a quantile with its interval, `finding` is what a benchmark says, `chart` draws it, `marked` fills the
tables of README.md and docs/performance.md.
"""
