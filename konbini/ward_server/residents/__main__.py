"""`python -m konbini.ward_server.residents CONFIG.toml`."""

import sys

from konbini.ward_server.residents.main import main

sys.exit(main())
