"""The practice X: pictures and their alt texts, by API v2 and the older v1.1."""

from __future__ import annotations

from flask import Response, request

from connectors.base import Platform
from connectors.practice import x_errors
from connectors.practice.x_errors import generic, gone, invalid
from connectors.practice.x_frame import Answer, XFrame
from school.errors import BadInput, NotFound

ALT_TEXT_MAX = 1_000
PICTURE_BYTES_MAX = 5 * 1024 * 1024


def _inside(body: object, name: str) -> object:
    """A value of a JSON object; None where there is no object or no such value."""
    return body.get(name) if isinstance(body, dict) else None


class XPictures(XFrame):
    """Uploads."""

    def _take_picture(self, data: bytes) -> str:
        if len(data) > PICTURE_BYTES_MAX:
            raise generic(400, "Invalid Request", "The media is larger than 5 MB.")
        try:
            return self._world.add_picture(Platform.X, data).id
        except BadInput as error:
            raise generic(400, "Invalid Request", "media type unrecognized.") from error

    def upload(self) -> Answer:
        """POST /2/media/upload, in one piece."""
        sent = request.files.get("media")
        category = request.form.get("media_category", "")
        if sent is None:
            raise invalid("media", "", "[$.media]: is missing but it is required")
        if category not in {"tweet_image", "dm_image", "subtitles"}:
            raise invalid(
                "media_category",
                category,
                "[$.media_category]: does not have a value in the enumeration [tweet_image, dm_image,"
                " subtitles]",
            )
        data = sent.read()
        picture_id = self._take_picture(data)
        return {
            "data": {
                "id": picture_id,
                "media_key": f"3_{picture_id}",
                "size": len(data),
                "expires_after_secs": 86_400,
            },
            "meta": {},
        }

    def describe(self) -> Answer:
        """POST /2/media/metadata: the alt text."""
        body = self._body("id", "metadata")
        alt = _inside(_inside(body.get("metadata"), "alt_text"), "text")
        picture_id = str(body.get("id", ""))
        self._describe(picture_id, alt)
        return {"data": {"id": picture_id, "associated_metadata": {"alt_text": {"text": alt}}}}

    def _describe(self, picture_id: str, alt: object) -> None:
        if not isinstance(alt, str) or not 1 <= len(alt) <= ALT_TEXT_MAX:
            raise invalid(
                "metadata.alt_text.text",
                str(alt)[:50],
                "[$.metadata.alt_text.text]: must be 1 to 1000 characters long",
            )
        try:
            self._world.set_alt_text(Platform.X, picture_id, alt)
        except NotFound as error:
            raise gone("media", picture_id) from error

    def upload_v1(self) -> Answer:
        """POST media/upload of v1.1."""
        sent = request.files.get("media")
        if sent is None:
            raise x_errors.v1(400, 38, "media parameter is missing.")
        data = sent.read()
        picture_id = self._take_picture(data)
        picture = self._world.picture(Platform.X, picture_id)
        return {
            "media_id": int(picture_id),
            "media_id_string": picture_id,
            "size": len(data),
            "expires_after_secs": 86_400,
            "image": {"image_type": picture.mime_type, "w": picture.width, "h": picture.height},
        }

    def describe_v1(self) -> Response:
        """POST media/metadata/create of v1.1."""
        body = request.get_json(silent=True)
        self._describe(str(_inside(body, "media_id")), _inside(_inside(body, "alt_text"), "text"))
        return Response("", status=200)
