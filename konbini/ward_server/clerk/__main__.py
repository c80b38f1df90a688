"""Run the clerk."""

import sys

from konbini.ward_server.clerk.main import main

sys.exit(main())
