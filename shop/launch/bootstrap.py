"""The first thing that runs, on whatever `python3` is: finds one new enough for the shop.

Written so that any Python can at least read it and say what is missing.
"""

import os
import runpy
import sys

OLDEST = (3, 11)
NAMES = ["python3.%d" % minor for minor in (13, 14, 12, 11)] + ["python3"]


def find_newer():
    """The first Python on the PATH that is new enough."""
    for name in NAMES:
        for folder in os.environ.get("PATH", "").split(os.pathsep):
            path = os.path.join(folder, name)
            question = "import sys; sys.exit(sys.version_info < (3, 11))"
            if os.access(path, os.X_OK) and os.spawnl(os.P_WAIT, path, path, "-c", question) == 0:
                return path
    return None


def main():
    if sys.version_info < OLDEST:
        newer = find_newer()
        if newer is None:
            sys.exit(
                "Python %d.%d is too old: the shop needs Python 3.11 or newer "
                "(make PYTHON=/path/to/python3.12 ...)." % sys.version_info[:2]
            )
        os.execv(newer, [newer] + sys.argv)
    folder = os.path.dirname(os.path.abspath(__file__))
    runpy.run_path(os.path.join(folder, "environment.py"), run_name="__main__")


if __name__ == "__main__":
    main()
