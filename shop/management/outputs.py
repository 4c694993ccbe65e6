"""The FILE of commands that write one: a path, or `-` for standard output."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from django.core.management.base import CommandError


@contextmanager
def output(name: str) -> Iterator[BinaryIO]:
    """Open FILE for writing; what cannot be written is one clear sentence."""
    if name == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    try:
        with Path(name).open("wb") as file:
            yield file
    except OSError as error:
        raise CommandError(str(error)) from error
