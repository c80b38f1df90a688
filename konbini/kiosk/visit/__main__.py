"""Run the process of one visit."""

import sys

from konbini.kiosk.visit.main import main

sys.exit(main())
