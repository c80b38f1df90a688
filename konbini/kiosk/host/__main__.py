"""Run the long-lived process of a kiosk."""

import sys

from konbini.kiosk.host.main import main

sys.exit(main())
