"""Product pictures and the smaller copies that pages show.

The copies are made when a picture is stored, never in a request for a page. They lie beside the
original (`products/nuts.png` → `products/nuts.400.webp`), so that a name is all a page needs.
"""

from dataclasses import dataclass
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db.models.fields.files import ImageField, ImageFieldFile
from PIL import Image, ImageOps

TINY, SMALL, LARGE = SIZES = 160, 400, 800


@dataclass(frozen=True)
class Picture:
    """A stored picture by its name: addresses of the original and of its square copies."""

    name: str

    @property
    def original(self) -> str:
        return default_storage.url(self.name)

    @property
    def tiny(self) -> str:
        return default_storage.url(copy_name(self.name, TINY))

    @property
    def small(self) -> str:
        return default_storage.url(copy_name(self.name, SMALL))

    @property
    def large(self) -> str:
        return default_storage.url(copy_name(self.name, LARGE))


def copy_name(name: str, size: int) -> str:
    return str(PurePosixPath(name).with_suffix(f".{size}.webp"))


def draw_copies(original: Image.Image) -> dict[int, bytes]:
    """Square WebP copies of all sizes, cut from the middle."""
    upright = ImageOps.exif_transpose(original).convert("RGB")
    copies = {}
    for size in reversed(SIZES):
        upright = ImageOps.fit(upright, (size, size), Image.Resampling.LANCZOS)
        buffer = BytesIO()
        upright.save(buffer, "WEBP", quality=82, method=4)
        copies[size] = buffer.getvalue()
    return copies


class PictureFile(ImageFieldFile):
    """A stored original that keeps its copies with it."""

    def save(self, name: str, content: Any, save: bool = True) -> None:
        super().save(name, content, save=False)
        with self.storage.open(str(self.name)) as stored, Image.open(stored) as original:
            for size, data in draw_copies(original).items():
                copy = copy_name(str(self.name), size)
                self.storage.delete(copy)  # a name may be used again after a deletion
                self.storage.save(copy, ContentFile(data))
        if save:
            self.instance.save()

    def delete(self, save: bool = True) -> None:
        for size in SIZES:
            self.storage.delete(copy_name(str(self.name), size))
        super().delete(save)


class PictureField(ImageField):
    attr_class = PictureFile
