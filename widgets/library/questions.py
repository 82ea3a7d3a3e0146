"""What is asked before a model of the user's own is renamed or deleted. Nothing waits for it."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QInputDialog, QMessageBox, QWidget


def ask_to_delete(parent: QWidget, name: str, size: str, agreed: Callable[[], object]) -> None:
    """Ask whether a model is to be lost; Cancel is what Enter and Escape answer."""
    box = QMessageBox(parent)
    box.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    box.setIcon(QMessageBox.Icon.Warning)
    box.setWindowTitle("Delete a model")
    box.setTextFormat(Qt.TextFormat.PlainText)
    box.setText(f"Delete {name} for good?")
    box.setInformativeText(
        f"Its card and weights are deleted from the disk ({size}). Export it first to keep a copy. "
        "Saved pictures of it can then not be made again."
    )
    delete = box.addButton("Delete", QMessageBox.ButtonRole.DestructiveRole)
    cancel = box.addButton(QMessageBox.StandardButton.Cancel)
    box.setDefaultButton(cancel)
    box.setEscapeButton(cancel)
    delete.clicked.connect(lambda: agreed())
    box.open()


def ask_name(parent: QWidget, name: str, chosen: Callable[[str], object]) -> None:
    """Ask what a model is to be called; nothing happens where that stays the same."""
    dialog = QInputDialog(parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    dialog.setWindowTitle("Rename a model")
    dialog.setLabelText("Data set and name, with a slash between them:")
    dialog.setTextValue(name)
    dialog.setOkButtonText("Rename")
    dialog.textValueSelected.connect(
        lambda text: chosen(text.strip()) if text.strip() not in ("", name) else None
    )
    dialog.open()
