"""What the simulated printer says of itself, in the form that `ippeveprinter -a` reads.

A kiosk's printer: one tray of A4, one side, 300 dots per inch, PWG raster (PWG 5100.14, IPP Everywhere). The lifetime
counter stands here with its value at power-on; the engine changes it from then on.
"""

from __future__ import annotations

from konbini.simulation.printer.engine import COUNTER

__all__ = ["printer_attributes"]

_FIXED = """\
ATTR integer copies-default 1
ATTR rangeOfInteger copies-supported 1-1
ATTR mimeMediaType document-format-default image/pwg-raster
ATTR mimeMediaType document-format-supported image/pwg-raster
ATTR enum finishings-default 3
ATTR enum finishings-supported 3
ATTR integer media-bottom-margin-supported 0
ATTR integer media-left-margin-supported 0
ATTR integer media-right-margin-supported 0
ATTR integer media-top-margin-supported 0
ATTR collection media-col-default {{
  MEMBER collection media-size {{ MEMBER integer x-dimension 21000 MEMBER integer y-dimension 29700 }}
  MEMBER keyword media-size-name iso_a4_210x297mm
  MEMBER keyword media-source main
  MEMBER keyword media-type stationery
}}
ATTR collection media-col-ready {{
  MEMBER collection media-size {{ MEMBER integer x-dimension 21000 MEMBER integer y-dimension 29700 }}
  MEMBER keyword media-size-name iso_a4_210x297mm
  MEMBER keyword media-source main
  MEMBER keyword media-type stationery
}}
ATTR keyword media-default iso_a4_210x297mm
ATTR keyword media-ready iso_a4_210x297mm
ATTR keyword media-supported iso_a4_210x297mm
ATTR keyword media-source-supported main
ATTR keyword media-type-supported stationery
ATTR octetString printer-input-tray "type=sheetFeedAutoRemovableTray;mediafeed=29700;mediaxfeed=21000;\
maxcapacity=250;level=250;status=0;name=main;"
ATTR enum orientation-requested-default 3
ATTR enum orientation-requested-supported 3
ATTR enum print-quality-default 4
ATTR enum print-quality-supported 4
ATTR resolution printer-resolution-default 300dpi
ATTR resolution printer-resolution-supported 300dpi
ATTR text printer-make-and-model "Simulated kiosk printer"
ATTR resolution pwg-raster-document-resolution-supported 300dpi
ATTR keyword pwg-raster-document-sheet-back normal
ATTR keyword sides-default one-sided
ATTR keyword sides-supported one-sided
ATTR name {counter} "{impressions}"
"""
_GREY = """\
ATTR boolean color-supported false
ATTR keyword print-color-mode-default monochrome
ATTR keyword print-color-mode-supported monochrome
ATTR keyword pwg-raster-document-type-supported sgray_8
"""
_COLOUR = """\
ATTR boolean color-supported true
ATTR keyword print-color-mode-default color
ATTR keyword print-color-mode-supported color,monochrome
ATTR keyword pwg-raster-document-type-supported sgray_8,srgb_8
"""


def printer_attributes(*, impressions: int, colour: bool) -> str:
    """Return the text of the attributes file."""
    return _FIXED.format(counter=COUNTER, impressions=impressions) + (_COLOUR if colour else _GREY)
