"""A figure as the bytes of a PNG, an SVG or a PDF, with a text inside that makes it again."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF, QSizeF
from PySide6.QtGui import QImage, QPageLayout, QPageSize, QPainter, QPdfWriter

from widgets.figure.painting import MOST_SIDE, Layout, paint

DOTS = 96


@dataclass(frozen=True)
class Note:
    """A text to put inside: in a PNG under its keyword, elsewhere after the keyword and a colon,
    in base64."""

    keyword: str
    text: str

    def marked(self) -> str:
        return f"{self.keyword}:{base64.b64encode(self.text.encode()).decode()}"


def png_bytes(layout: Layout, note: Note, density: float = 2.0) -> bytes:
    """A PNG of `density` pixels a unit, fewer where it would be too large. Raises ValueError."""
    from PIL import Image, PngImagePlugin

    density = min(density, MOST_SIDE / max(layout.width, layout.height))
    image = image_of(layout, density).convertToFormat(QImage.Format.Format_RGB888)
    info = PngImagePlugin.PngInfo()
    info.add_itxt(note.keyword, note.text)
    size = image.width(), image.height()
    raw = bytes(image.constBits())
    with io.BytesIO() as file:
        made = Image.frombuffer("RGB", size, raw, "raw", "RGB", image.bytesPerLine(), 1)
        made.save(file, "PNG", pnginfo=info, dpi=(DOTS * density, DOTS * density))
        return file.getvalue()


def image_of(layout: Layout, density: float) -> QImage:
    """The figure as an image. Raises ValueError where there is no memory for it."""
    size = round(layout.width * density), round(layout.height * density)
    image = QImage(*size, QImage.Format.Format_RGB32)
    if image.isNull():
        raise ValueError("the figure is too large for a picture; choose fewer rows or columns")
    painter = QPainter(image)
    painter.scale(density, density)
    paint(painter, layout)
    painter.end()
    return image


def svg_bytes(layout: Layout, note: Note) -> bytes:
    """An SVG: text stays text, pictures are inside."""
    from PySide6.QtSvg import QSvgGenerator

    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QSvgGenerator()
    made.setOutputDevice(buffer)
    made.setResolution(DOTS)
    made.setSize(QSizeF(layout.width, layout.height).toSize())
    made.setViewBox(QRectF(0, 0, layout.width, layout.height))
    made.setTitle(layout.figure.title)
    made.setDescription(note.marked())
    painter = QPainter(made)
    paint(painter, layout)
    painter.end()
    return bytes(buffer.data().data())


def pdf_bytes(layout: Layout, note: Note) -> bytes:
    """A PDF of one page of the size of the figure."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    made = QPdfWriter(buffer)
    made.setResolution(DOTS)
    points = QSizeF(layout.width, layout.height) * 72 / DOTS
    made.setPageLayout(
        QPageLayout(
            QPageSize(points, QPageSize.Unit.Point, "figure", QPageSize.SizeMatchPolicy.ExactMatch),
            QPageLayout.Orientation.Portrait,
            QMarginsF(),
        )
    )
    made.setTitle(layout.figure.title)
    made.setCreator("Genscope")
    made.setDocumentXmpMetadata(QByteArray(_XMP.format(note.marked()).encode()))
    painter = QPainter(made)
    paint(painter, layout)
    painter.end()
    return bytes(buffer.data().data())


_XMP = (
    '<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/">'
    '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description>'
    '<rdf:Alt><rdf:li xml:lang="x-default">{}</rdf:li></rdf:Alt></dc:description>'
    '</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="w"?>'
)

WRITERS: dict[str, tuple[str, Callable[[Layout, Note], bytes]]] = {
    ".png": ("PNG picture", png_bytes),
    ".svg": ("SVG drawing", svg_bytes),
    ".pdf": ("PDF page", pdf_bytes),
}
"""By suffix: what a file dialog calls it, and how it is written."""
