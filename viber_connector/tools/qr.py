"""QR codes, as pictures for print and as lines for pages.

reportlab, which Odoo ships, finds the modules of a code; its own pictures need a
renderer that not every Odoo has.
"""

import io

from PIL import Image
from reportlab.graphics.barcode import qrencoder

#: Modules of white around a code (ISO/IEC 18004, 9.1).
_QUIET = 4


def svg(text):
    """Draw a QR code.

    :param str text: what it says, ASCII
    :return: an ``<svg>`` element of one path, of no size of its own
    :rtype: str
    """
    rows = _modules(text)
    size = len(rows) + 2 * _QUIET
    # Dark modules beside each other are one stroke.
    strokes = "".join(
        f"M{start + _QUIET} {y + _QUIET}h{length}v1h-{length}z"
        for y, row in enumerate(rows)
        for start, length in _runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {size} {size}" '
        f'shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{size}v{size}H0z"/>'
        f'<path d="{strokes}"/></svg>'
    )


def png(text, size):
    """Paint a QR code.

    :param str text: what it says, ASCII
    :param int size: pixels of each side
    :return: the bytes of a picture
    :rtype: bytes
    """
    rows = _modules(text)
    side = len(rows) + 2 * _QUIET
    # A module has whole pixels; what is left over is white.
    scale = size // side
    code = Image.new("1", (side, side), 1)
    for y, row in enumerate(rows):
        for x, is_dark in enumerate(row):
            code.putpixel((x + _QUIET, y + _QUIET), not is_dark)
    code = code.resize((side * scale, side * scale), Image.Resampling.NEAREST)
    picture = Image.new("1", (size, size), 1)
    picture.paste(code, ((size - code.width) // 2, (size - code.height) // 2))
    file = io.BytesIO()
    picture.save(file, "PNG", optimize=True)
    return file.getvalue()


def _modules(text):
    """:return: whether each module is dark, row by row
    :rtype: list[list[bool]]
    """
    # No version: the smallest that holds the text. M: a smudge does no harm.
    code = qrencoder.QRCode(None, qrencoder.QRErrorCorrectLevel.M)
    code.addData(text)
    code.make()
    return [list(map(bool, row)) for row in code.modules]


def _runs(row):
    """:return: where dark modules that touch begin, and how many they are
    :rtype: iterator[tuple[int, int]]
    """
    start = None
    for x, is_dark in enumerate([*row, False]):
        if is_dark and start is None:
            start = x
        elif not is_dark and start is not None:
            yield start, x - start
            start = None
