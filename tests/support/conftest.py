from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.cache import cache


@pytest.fixture(autouse=True)
def own_folder(settings: LazySettings, tmp_path: Path) -> None:
    settings.PRIVATE_ROOT = str(tmp_path)
    cache.clear()
