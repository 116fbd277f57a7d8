"""Python, platform and hardware."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

__all__ = ["describe_environment"]

_NVIDIA = Path("/proc/driver/nvidia/gpus")

#: How long the vendor's tool is given, in seconds.
_PATIENCE = 5.0


def describe_environment() -> dict[str, Any]:
    """Return the Python version, implementation, platform and hardware as JSON data."""
    return {
        "python_version": platform.python_version(),
        "python_implementation": sys.implementation.name,
        "platform": platform.platform(),
        "machine": platform.machine(),
        "hardware": {
            "cpu_count": os.cpu_count(),
            "cpu_model": _cpu_model(),
            "memory_bytes": _memory_bytes(),
            "gpus": _gpus(),
        },
    }


def _cpu_model() -> str | None:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass
    return platform.processor() or None


def _memory_bytes() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None


def _gpus() -> list[str]:
    """Return the models of the graphics processors; an empty list where there is none that can be told."""
    try:
        if _NVIDIA.is_dir():
            return [_driver_model(each) for each in sorted(_NVIDIA.iterdir())]
    except OSError:
        return []
    tool = shutil.which("nvidia-smi")
    if tool is None:
        return []
    try:
        answer = subprocess.run(  # noqa: S603 - fixed arguments, no shell
            [tool, "--query-gpu=name", "--format=csv,noheader"],
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    return [line.strip() for line in answer.stdout.splitlines() if line.strip()]


def _driver_model(device: Path) -> str:
    for line in (device / "information").read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("Model:"):
            return line.partition(":")[2].strip()
    return device.name
