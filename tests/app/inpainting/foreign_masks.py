"""What test_foreign_masks.py runs in a process of its own, for a crash would end all tests."""

import io

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QMimeData
from PySide6.QtWidgets import QFileDialog

from tests.app.inpainting.test_presenter import Desk
from tests.windows import DIGITS

KINDS = {"TIFF": {}, "GIF": {}, "BMP": {}, "JPEG": {}, "WEBP": {"lossless": True}}


@pytest.fixture
def desk(open_window, methods):
    desk = Desk(open_window(DIGITS))
    desk.ready()
    return desk


def test_pictures_named_png_are_refused_as_masks_and_dropped_as_pictures(
    desk, tmp_path, monkeypatch
):
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (str(path), ""))
    before, title = desk.side.canvas.mask(), desk.side.source.title
    for kind, more in KINDS.items():
        with io.BytesIO() as file:
            Image.fromarray(np.full((6, 5), 200, np.uint8)).save(file, kind, **more)
            raw = file.getvalue()
        path = tmp_path / f"{kind}.png"
        path.write_bytes(raw)
        desk.side.editor.tools.import_wanted.emit()
        desk.until(lambda name=path.name: any(s.startswith(name) for s in desk.stage.said()))
        assert f"{path.name} is a " in desk.stage.said()[0]
        assert (desk.side.canvas.mask() == before).all()
        desk.stage.drop(path, on=desk.side.canvas)
        desk.until(lambda name=path.name: title() == name)
        mime = QMimeData()
        mime.setData("image/png", raw)
        desk.stage.drop_mime(mime)
        desk.until(lambda: title() == "The pasted picture")
