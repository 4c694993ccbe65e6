"""The FILE of commands that write one: a path, or `-` for standard output."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError


@contextmanager
def output(name: str) -> Iterator[BinaryIO]:
    """Open FILE for writing; what cannot be written is one clear sentence."""
    try:
        if name == "-":
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
            return
        with Path(name).open("wb") as file:
            yield file
    except BrokenPipeError:
        # Whoever reads has seen enough; nothing may be written to them at exit either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        raise CommandError(str(error)) from error
