"""Pictures that only some may see: checked when they come in, kept where no web server looks.

A picture is drawn anew before it is stored: whatever else was in the file (places, other formats,
scripts) is gone, and its name is ours. Views hand it out after asking who is there.
"""

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import IO
from uuid import uuid4

from django.conf import settings
from django.core.files.base import ContentFile
from django.core.files.storage import FileSystemStorage
from django.db.models.fields.files import FieldFile
from django.http import FileResponse, Http404
from django.utils.http import content_disposition_header
from django.utils.translation import gettext as _
from PIL import Image, ImageOps, UnidentifiedImageError

from base.errors import DomainError

LARGEST_BYTES = 10 * 1024 * 1024
MOST_PIXELS = 40_000_000
FORMATS = ("JPEG", "PNG", "WEBP")
KEEP_SECONDS = 24 * 3600


class NotAPicture(DomainError):
    """The file is none of the pictures we take, or too large."""


class PrivateStorage(FileSystemStorage):
    """A folder without an address; where it is, is read anew, so that tests may move it."""

    def __init__(self) -> None:
        super().__init__(base_url=None)

    @property
    def base_location(self) -> str:
        return str(settings.PRIVATE_ROOT)

    @property
    def location(self) -> str:
        return str(settings.PRIVATE_ROOT)

    def url(self, name: str | None) -> str:
        raise ValueError("a private file has no address; use a view")


def private_storage() -> PrivateStorage:
    return PrivateStorage()


@dataclass(frozen=True)
class CheckedPicture:
    """A picture drawn anew, ready to be stored."""

    file: ContentFile
    width: int
    height: int


def check_picture(upload: IO[bytes], *, longest: int = 2000) -> CheckedPicture:
    """Read an uploaded picture and draw it anew as JPEG, no side longer than `longest`.

    Raises NotAPicture.
    """
    size = getattr(upload, "size", None)
    if size is not None and size > LARGEST_BYTES:
        raise NotAPicture(_("图片不能超过 %(size)d MB。") % {"size": LARGEST_BYTES // 1024**2})
    upload.seek(0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(upload, formats=FORMATS) as found:
                if found.width * found.height > MOST_PIXELS:
                    raise NotAPicture(_("图片太大，请缩小后再上传。"))
                drawn = ImageOps.exif_transpose(found)
                drawn = _on_white(drawn)
    except NotAPicture:
        raise
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Warning):
        raise NotAPicture(_("请上传 JPG、PNG 或 WebP 图片。")) from None
    drawn.thumbnail((longest, longest), Image.Resampling.LANCZOS)
    return CheckedPicture(
        ContentFile(_jpeg(drawn), name=f"{uuid4().hex}.jpg"), drawn.width, drawn.height
    )


def _on_white(picture: Image.Image) -> Image.Image:
    if picture.mode in ("RGBA", "LA", "PA") or "transparency" in picture.info:
        layer = picture.convert("RGBA")
        ground = Image.new("RGBA", layer.size, "white")
        return Image.alpha_composite(ground, layer).convert("RGB")
    return picture.convert("RGB")


def _jpeg(picture: Image.Image) -> bytes:
    buffer = BytesIO()
    picture.save(buffer, "JPEG", quality=88, optimize=True)
    return buffer.getvalue()


def smaller(data: IO[bytes], longest: int) -> bytes:
    """A stored picture with no side longer than `longest`."""
    with Image.open(data) as found:
        found.draft("RGB", (longest, longest))
        found.thumbnail((longest, longest), Image.Resampling.LANCZOS)
        return _jpeg(found.convert("RGB"))


def picture_response(file: FieldFile, *, download_as: str = "") -> FileResponse:
    """A stored picture for somebody who may see it; nobody in between keeps it."""
    try:
        content = file.open("rb")
    except FileNotFoundError:
        raise Http404 from None
    response = FileResponse(content, content_type="image/jpeg")
    header = content_disposition_header(bool(download_as), download_as or "picture.jpg")
    response.headers["Content-Disposition"] = header or "inline"
    response.headers["Cache-Control"] = f"private, max-age={KEEP_SECONDS}"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
