"""Run the console."""

import sys

from konbini.ward_server.console.main import main

sys.exit(main())
