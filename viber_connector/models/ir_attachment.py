"""Files as Viber can fetch them: signed links, and pictures of a size that it takes."""

import datetime
import hashlib
import json
import mimetypes
import unicodedata
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urljoin

from PIL import Image

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools.image import ImageProcess
from odoo.tools.mimetypes import guess_mimetype
from odoo.tools.misc import hash_sign, verify_hash_signed

from .. import const
from ..tools import content as content_tools
from ..tools import html_text, payload
from ..tools.payload import OutgoingFile

_SCOPE = "viber_connector.media"
_DIGEST_LENGTH = 32
# Longest sides to try for a picture that is too big, in pixels.
_SIDES = (1920, 1280, 960, 640)
_QUALITY = 80
# Enough to tell a file's type (``MIMETYPE_HEAD_SIZE`` of Odoo).
_HEAD_BYTES = 2048
#: What Pillow, and Odoo around it, raise on files that are no pictures, or claim to be
#: huge.
BAD_PICTURES = (
    UserError,
    ValueError,
    OSError,
    SyntaxError,
    Image.DecompressionBombError,
)


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    # Kept from everybody, so that no other file can pass for the copy.
    viber_copy_of = fields.Char(copy=False, prefetch=False, groups=fields.NO_ACCESS)

    def _viber_outgoing_file(self, account, is_scalable=True):
        """Make this file one that Viber can fetch; of a picture that is too big, its
        smaller copy, if there is one.

        :param viber.account account: under whose address
        :param bool is_scalable: whether such a copy may still be made
        :rtype: OutgoingFile
        """
        self.ensure_one()
        if self.type == "url":
            url = html_text.without_tokens(self.url or "")
            url = urljoin(account._get_base_url(), url)
            return OutgoingFile(name=self.name, mimetype="", size=0, url=url)
        mimetype = self._viber_mimetype()
        is_picture = mimetype in const.PICTURE_TYPES
        is_too_big = is_picture and self.file_size > const.PICTURE_MAX_BYTES
        if is_too_big and (copy := self._viber_small_copy()):
            return copy._viber_outgoing_file(account)
        name = self._viber_name(mimetype)
        return OutgoingFile(
            name=name,
            mimetype=mimetype,
            size=self.file_size,
            url=self._viber_url(account, name),
            is_too_big=is_too_big and is_scalable,
        )

    def _viber_fate(self, account):
        """Tell as what this file would leave, by its type and size.

        :param viber.account account: under whose address
        :return: ``picture``, ``scaled`` (a picture, made smaller), ``video``, ``file``,
            ``link`` (to a file of ours), ``url`` (to a place elsewhere)
        :rtype: str
        """
        if self.type == "url":
            return "url"
        file = self._viber_outgoing_file(account)
        if file.is_too_big and not _open_to_scale(self.raw):
            file = self._viber_outgoing_file(account, is_scalable=False)
        is_smaller = file.size < self.file_size
        return (
            "scaled" if file.is_too_big or is_smaller else payload.outgoing_kind(file)
        )

    def _viber_small_copy(self):
        """:return: the smaller copy of a picture, if it has been made
        :rtype: ir.attachment
        """
        # sudo: nobody else may say of what a picture is the copy
        copies = self.sudo().search(
            [("res_model", "=", self._name), ("res_id", "=", self.id)]
        )
        known = copies.filtered(
            lambda copy: copy.viber_copy_of == copy._viber_pair(self)
        )
        return known[:1].with_env(self.env)

    def _viber_keep_small(self, raw):
        """Keep the smaller copy of a picture.

        :param bytes raw: from :func:`scale_down`
        """
        # It hangs on the original: made once, seen nowhere, and deleted with it.
        # sudo: nobody else may say of what a picture is the copy
        copy = self.sudo().create(
            {
                "name": f"{PurePosixPath(self.name).stem}.jpg",
                "raw": raw,
                "res_model": self._name,
                "res_id": self.id,
            }
        )
        copy.viber_copy_of = copy._viber_pair(self)

    def _viber_pair(self, original):
        """:return: which bytes are a copy of which
        :rtype: str
        """
        return f"{self.checksum} {original.checksum}"

    def _viber_mimetype(self):
        """:return: type of the bytes; a moving GIF is no picture for Viber
        :rtype: str
        """
        declared = self.mimetype or ""
        if not declared.startswith(("image/", "video/")) or self.type != "binary":
            return declared
        found = self._viber_guess_mimetype()
        # A bigger one is looked at when it is made smaller.
        is_small = self.file_size <= const.PICTURE_MAX_BYTES
        if found == "image/gif" and is_small and self._viber_is_animated():
            return "application/octet-stream"
        return found

    def _viber_guess_mimetype(self):
        """:return: type of the bytes, by the first of them
        :rtype: str
        """
        if self.store_fname:
            head = self._file_read(self.store_fname, _HEAD_BYTES)
        else:
            head = (self.raw or b"")[:_HEAD_BYTES]
        return guess_mimetype(head, default=self.mimetype)

    def _viber_is_animated(self):
        try:
            return getattr(ImageProcess(self.raw).image, "is_animated", False)
        except BAD_PICTURES:
            return True

    def _viber_name(self, mimetype):
        """:return: a name whose extension fits; Viber goes by it
        :rtype: str
        """
        name = content_tools.safe_file_name(self.name or "") or "file"
        path = PurePosixPath(name)
        suffix = const.PICTURE_TYPES.get(mimetype)
        if suffix and mimetypes.guess_type(name)[0] != mimetype:
            return path.stem + suffix
        if not path.suffix:
            return name + (mimetypes.guess_extension(mimetype) or "")
        return name

    # -- Links -------------------------------------------------------------------

    def _viber_url(self, account, name):
        """Make a link by which anybody can fetch this file as it is now, for some
        weeks.

        :param viber.account account: under whose address
        :param str name: last part of the address
        :rtype: str
        """
        self.ensure_one()
        days = self.env["ir.config_parameter"]._viber_int(
            const.MEDIA_LINK_DAYS_PARAMETER, const.MEDIA_LINK_DAYS
        )
        # Until the end of a day, so that an avatar keeps its address for that long.
        today = fields.Datetime.now().replace(hour=0, minute=0, second=0)
        expiry = today + datetime.timedelta(days=days + 1)
        name = _short_name(name)
        named = [self._name, self.id, self._viber_digest(name)]
        token = hash_sign(self.sudo().env, _SCOPE, named, expiration=expiry)
        base_url = account._get_base_url()
        return f"{base_url}{const.MEDIA_PATH}{token}/{quote(name, safe='')}"

    def _viber_digest(self, name):
        """:return: what a link stands for: these bytes, of this record, so called
        :rtype: str
        """
        named = (self.checksum, self.res_model, self.res_id, self.res_field)
        # Some programs take letters with accents apart.
        named = [value or "" for value in (*named, unicodedata.normalize("NFC", name))]
        return hashlib.sha256(json.dumps(named).encode()).hexdigest()[:_DIGEST_LENGTH]

    @api.model
    def _viber_from_url(self, url):
        """Like :meth:`_viber_from_token`.

        :param str url: made by :meth:`_viber_url`
        """
        token, _slash, name = url.rpartition(const.MEDIA_PATH)[2].partition("/")
        return self._viber_from_token(token, unquote(name))

    @api.model
    def _viber_from_token(self, token, name):
        """Find the file that a link leads to.

        :param str token: from the address, by anybody
        :param str name: the same
        :return: the file, sudoed; empty when the token is none of ours or too old, or
            the file is not any more what the link was made for
        :rtype: ir.attachment
        """
        # sudo: the signature is the right to read this one file
        files = self.sudo()
        try:
            named = verify_hash_signed(files.env, _SCOPE, token)
        # Not base64, not ASCII, not JSON.
        except (ValueError, TypeError):
            named = None
        if not named:
            # A forged one costs the database nothing.
            return files.browse()
        model, res_id, *digests = named
        if not digests:
            return files._viber_from_old_token(model, res_id)
        attachment = files.browse(res_id).exists()
        if not attachment or attachment._viber_digest(name) != digests[0]:
            return files.browse()
        return attachment

    @api.model
    def _viber_from_old_token(self, model, res_id):
        """Find the file of a link that was made before the update to 19.0.0.5.0; the
        last of them ends some weeks after it.

        :return: the file, if it has not been changed since the update
        :rtype: ir.attachment
        """
        before = self.env["ir.config_parameter"].get_param(const.OLD_LINKS_PARAMETER)
        if not before:
            return self.browse()
        domain = [("id", "=", res_id)]
        if model != self._name:
            domain = [
                ("res_model", "=", model),
                ("res_id", "=", res_id),
                ("res_field", "=", const.AVATAR_FIELD),
            ]
        return self.search([*domain, ("write_date", "<=", before)], limit=1)


def scale_down(raw):
    """Make a picture smaller; uses no database, so that it may run in a thread.

    :param bytes raw: the picture, or whatever is called so
    :return: the picture as a JPEG of a size that Viber takes; empty when that can't be
        made of it
    :rtype: bytes
    """
    picture = _open_to_scale(raw)
    if not picture:
        return b""
    try:
        for side in _SIDES:
            picture.resize(side, side)
            small = picture.image_quality(quality=_QUALITY, output_format="JPEG")
            if len(small) <= const.PICTURE_MAX_BYTES:
                return small
    except BAD_PICTURES:
        # No picture, whatever its name says: it is sent as a file.
        return b""
    return b""


def _open_to_scale(raw):
    """:return: a picture of which a smaller one can be made, as far as its head tells;
        ``None`` for one that moves, has too many pixels, or is none
    :rtype: ImageProcess | None
    """
    if not raw:
        return None
    try:
        picture = ImageProcess(raw)
        return None if getattr(picture.image, "is_animated", False) else picture
    except BAD_PICTURES:
        return None


def _short_name(name):
    """A name for an address: short, for percent signs make it long."""
    path = PurePosixPath(name)
    return path.stem[: const.URL_NAME_MAX_LENGTH] + path.suffix
