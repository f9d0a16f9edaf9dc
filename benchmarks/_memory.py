"""What a process holds, by Linux's own account."""

from __future__ import annotations

import re
from pathlib import Path


def own_memory(field: str) -> int:
    """Bytes of this process by a field of Linux's account; `getrusage` gives the parent's peak where that is higher."""
    found = re.search(rf"^{field}:\s*(\d+) kB$", Path("/proc/self/status").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise RuntimeError(f"/proc/self/status has no {field}")
    return int(found[1]) * 1024
