"""What one certificate costs, beside others who draw and sign the same page: measured, never asserted.

`household` says what is printed, `page` what a page is made of, each of the ways makes signed documents from it, and
`measuring` alternates them in one process. The peers (reportlab, Typst, pikepdf) are development dependencies, and no
other room imports them.
"""
