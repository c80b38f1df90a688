"""The forms of a ward that does not exist (東京都澄川区): what the simulated town, the tests and the manual print.

Data only: `FOLDER` holds templates and the official seal's picture, which reads 見本之印. A paper drawn with them
says 見本 across the page and in the seal.
"""

from pathlib import Path

__all__ = ["FOLDER"]

FOLDER = Path(__file__).parent
