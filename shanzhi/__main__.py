"""`python -m shanzhi`: the command line."""

import sys

# A worker process of `core.pool` reads this file again under another name, and needs none of it.
if __name__ == "__main__":
    from shanzhi.core.memory import uncollected

    # Loading makes a great many objects that stay.
    with uncollected():
        from shanzhi.config.cli import main

    sys.exit(main())
