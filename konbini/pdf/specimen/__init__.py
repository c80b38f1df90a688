"""The forms of a ward that does not exist (東京都澄川区): what the simulated town, the tests and the manual print.

`FOLDER` holds templates and the official seal's picture, which reads 見本之印. A paper drawn with them says 見本 across
the page and in the seal.
"""

from pathlib import Path
from typing import Final

from konbini.pdf.template import Template, load_all

__all__ = ["FOLDER", "specimen_template"]

FOLDER: Final = Path(__file__).parent


def specimen_template(kind: str = "resident-record.household") -> Template:
    """Return the newest template of a kind.

    Raises:
        KeyError: the made-up ward has none.
        TemplateInvalid: a file is wrong.
    """
    for template in load_all(FOLDER):
        if template.kind == kind:
            return template
    raise KeyError(kind)
