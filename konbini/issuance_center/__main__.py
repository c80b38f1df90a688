"""`python -m konbini.issuance_center CONFIG.toml`."""

import sys

from konbini.issuance_center.main import main

sys.exit(main())
