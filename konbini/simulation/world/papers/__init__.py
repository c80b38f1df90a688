"""The papers of the world: drawn, read back, signed, verified and printed without a face, a PDF or a dot.

A paper here is its bytes: what each page says and where, its pictures by their digests, its seal, and what ties it to
its order. Each step is a small program of its own that knows nothing of the one before but the bytes, so that a fault
of loading, mixing up, sealing or checking shows as it does on paper. Which texts belong where is production's own:
the plan of a form's pages (`konbini.pdf.forms`) on the side that draws, what a page must say (`expected_pages`) on the
side that reads.

Limits: what a face, a glyph, a stroke and the syntax of PDF can do wrong is not in here; the real papers
(`ports.REAL`) show that.
"""
