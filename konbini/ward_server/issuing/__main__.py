"""Run `issuing`."""

import sys

from konbini.ward_server.issuing.main import main

sys.exit(main())
