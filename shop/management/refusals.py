"""Saying what is wrong with a file: one line an error, by row and column."""

from typing import NoReturn

from django.core.management.base import CommandError, OutputWrapper
from django.utils.translation import gettext as _

from shop.moving.files import Refused


def show_refused(refused: Refused, stream: OutputWrapper) -> NoReturn:
    """List the errors, each with file, row and column, and end the command with a failure."""
    for problem in refused.problems:
        words = _("%(file)s 第 %(row)d 行 %(column)s 列：%(text)s") % {
            "file": refused.file,
            "row": problem.row,
            "column": problem.column,
            "text": problem.text,
        }
        stream.write(words, str)
    more = refused.count - len(refused.problems)
    if more:
        stream.write(_("…… 还有 %(count)d 处") % {"count": more}, str)
    raise CommandError(str(refused)) from refused
