"""Python, platform and hardware."""

from __future__ import annotations

import os
import platform
import shutil
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
        "platform": _platform(),
        "machine": platform.machine(),
        "hardware": {
            "cpu_count": os.cpu_count(),
            "cpu_model": _cpu_model(),
            "memory_bytes": _memory_bytes(),
            "gpus": _gpus(),
        },
    }


def _platform() -> str:
    """Name the system, its release, the machine and the C library, as ``platform.platform()`` does.

    That function runs ``uname -p`` for a part that it then leaves out.  A program that is killed while another is
    being started under it leaves its locks to the newborn for a moment, and would be taken for alive.
    """
    system, release = platform.system(), platform.release()
    if system == "Darwin":
        system, release = "macOS", platform.mac_ver()[0]
    parts = [system, release, platform.machine(), *_c_library()]
    return "-".join(part for part in parts if part)


def _c_library() -> list[str]:
    try:
        library = os.confstr("CS_GNU_LIBC_VERSION")
    except (AttributeError, ValueError, OSError):  # no confstr, no such name, or another C library
        return []
    return ["with", library.replace(" ", "")] if library else []


def _cpu_model() -> str | None:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return platform.processor() or None
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), None)


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
    import subprocess

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
