"""The composition root: settings, addresses, command line, the demo city. Knows everyone, known by no one."""
