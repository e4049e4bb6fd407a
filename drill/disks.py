"""Small disks, which a drill can fill. They are in memory, and only root on Linux can mount them."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

FILLER = "filler"


@contextmanager
def small_disk(folder: Path, megabytes: int) -> Iterator[bool]:
    """Make the folder, on a disk of its own if possible. Yield whether it was possible."""
    folder.mkdir()
    can_mount = sys.platform == "linux" and os.geteuid() == 0
    mount = ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "tmpfs", str(folder)]
    if not can_mount or subprocess.run(mount, capture_output=True).returncode:
        yield False
        return
    try:
        yield True
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


@contextmanager
def full(folder: Path) -> Iterator[None]:
    """Fill the disk of this folder to its last byte, and free it at the end."""
    filler = folder / FILLER
    try:
        with filler.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(2**16))
            except OSError:
                yield
    finally:
        filler.unlink()
