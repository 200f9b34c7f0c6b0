"""The house's own gates, one after the other; all are run, so that one look shows everything."""

import sys

from scripts import check_addresses, check_doors, check_size, check_web_writes
from scripts.gates import ROOT, main

GATES = (
    (check_size.check, "sizes hold"),
    (check_doors.check, "every slice is entered by its doors"),
    (check_web_writes.check, "web/ writes nothing"),
    (check_addresses.check, "no package index and no machine is named"),
)

if __name__ == "__main__":
    check_size.list_long_files(ROOT)
    sys.exit(max([main(check, good) for check, good in GATES]))
