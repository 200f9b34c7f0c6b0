"""The file of last results: one section a benchmark, with the machine and the day."""

import os
import platform
import re
from datetime import date
from pathlib import Path

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = (
    "# Last results\n\nEach section is written by the command that it names; run it again to compare on your machine.\n"
)


def machine() -> str:
    """Processor, cores, memory and Python of this machine."""
    info = Path("/proc/cpuinfo").read_text(encoding="utf-8") if Path("/proc/cpuinfo").exists() else ""
    found = re.search(r"model name\s*:\s*(.+)", info)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / (1 << 30)
    name = found.group(1).strip() if found else platform.processor() or platform.machine()
    return f"{name}, {os.cpu_count()} cores, {memory:.0f} GiB, {platform.system()}, Python {platform.python_version()}"


def write_section(title: str, command: str, lines: list[str]) -> None:
    """Replace (or add) one section."""
    text = RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else HEAD
    section = f"\n## {title}\n\n`{command}`, {date.today():%Y-%m-%d}, {machine()}\n\n" + "\n".join(lines) + "\n"
    kept = re.sub(rf"\n## {re.escape(title)}\n.*?(?=\n## |\Z)", "", text, flags=re.S)
    RESULTS.write_text(kept.rstrip("\n") + "\n" + section, encoding="utf-8")
