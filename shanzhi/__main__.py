"""`python -m shanzhi`: the command line."""

import sys

from shanzhi.config.cli import main

sys.exit(main())
