"""Private pictures: what comes in is a picture and nothing else, what goes out goes by a view."""

from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from base import private_files
from base.private_files import NotAPicture, check_picture, private_storage, smaller


def picture(kind: str = "PNG", size: tuple[int, int] = (300, 200), mode: str = "RGB") -> SimpleUploadedFile:  # fmt: skip
    buffer = BytesIO()
    Image.new(mode, size, "red").save(buffer, kind)
    return SimpleUploadedFile(f"../../etc/面.{kind}", buffer.getvalue())


def test_it_is_drawn_anew_under_a_name_of_ours() -> None:
    upload = picture()
    hidden = SimpleUploadedFile("a.png", upload.read() + b"<?php evil(); ?>")
    checked = check_picture(hidden)
    data = checked.file.read()
    assert (checked.width, checked.height) == (300, 200)
    assert b"php" not in data
    assert data.startswith(b"\xff\xd8")
    assert checked.file.name is not None
    assert len(checked.file.name) == 36 and checked.file.name.endswith(".jpg")


def test_places_are_forgotten() -> None:
    buffer = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "home"
    Image.new("RGB", (10, 10)).save(buffer, "JPEG", exif=exif)
    data = check_picture(SimpleUploadedFile("a.jpg", buffer.getvalue())).file.read()
    assert dict(Image.open(BytesIO(data)).getexif()) == {}


def test_large_ones_become_smaller() -> None:
    checked = check_picture(picture(size=(4000, 1000)), longest=1000)
    assert (checked.width, checked.height) == (1000, 250)
    assert Image.open(BytesIO(smaller(checked.file, 100))).size == (100, 25)


def test_see_through_becomes_white() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (4, 4), (0, 0, 0, 0)).save(buffer, "PNG")
    data = check_picture(SimpleUploadedFile("a.png", buffer.getvalue())).file.read()
    assert Image.open(BytesIO(data)).getpixel((0, 0)) == (255, 255, 255)


@pytest.mark.parametrize(
    "data", [b"", b"not a picture", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a" + b"\0" * 50]
)  # fmt: skip
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotAPicture):
        check_picture(SimpleUploadedFile("photo.jpg", data))


def test_a_picture_cut_short_is_refused() -> None:
    whole = picture("JPEG", (500, 500)).read()
    with pytest.raises(NotAPicture):
        check_picture(SimpleUploadedFile("a.jpg", whole[: len(whole) // 2]))


def test_too_many_bytes_or_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_files, "MOST_PIXELS", 100)
    with pytest.raises(NotAPicture, match="太大"):
        check_picture(picture())
    monkeypatch.setattr(private_files, "LARGEST_BYTES", 10)
    with pytest.raises(NotAPicture, match="不能超过"):
        check_picture(picture())


def test_a_private_file_has_no_address() -> None:
    with pytest.raises(ValueError, match="no address"):
        private_storage().url("a.jpg")
