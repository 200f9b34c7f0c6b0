"""`python -m shanzhi`: the command line."""

import sys

# A worker process of `core.pool` reads this file again under another name, and needs none of it.
if __name__ == "__main__":
    from shanzhi.config.cli import main

    sys.exit(main())
