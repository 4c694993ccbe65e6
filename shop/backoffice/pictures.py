"""Uploading pictures that only some may see."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from base.private_files import NotAPicture, check_picture


class PrivatePictureForm(forms.ModelForm):
    """A row with `file`, `width` and `height`; what is stored is drawn anew (base.private_files)."""

    file = forms.FileField(widget=forms.FileInput(attrs={"accept": "image/*"}))

    def clean_file(self) -> Any:
        upload = self.cleaned_data.get("file")
        if not isinstance(upload, UploadedFile):
            return upload
        try:
            checked = check_picture(upload)
        except NotAPicture as refusal:
            raise ValidationError(str(refusal)) from None
        self.instance.width, self.instance.height = checked.width, checked.height
        return checked.file
