"""The typeface that the town writes with: its papers and its seals."""

from pathlib import Path

__all__ = ["TYPEFACE"]

TYPEFACE = Path("/usr/share/fonts/truetype/ipamj/ipamjm.ttf")
"""IPAmj Mincho, as Debian's package fonts-ipamj-mincho installs it."""
