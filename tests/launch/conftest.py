import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.launch.projects import Project, lay_out


@pytest.fixture
def project() -> Iterator[Project]:
    """In a folder that everybody may pass through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="launch-"))
    folder.chmod(0o755)
    made = lay_out(folder)
    yield made
    made.remove()
