"""Frames that tabs are made of: cards and columns that scroll."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget


def card(content: QWidget, *, margin: int = 1, least: int = 0) -> QFrame:
    """A card around `content`, at least so many device-independent pixels wide."""
    frame = QFrame()
    frame.setProperty("card", True)
    frame.setMinimumWidth(least)
    layout = QVBoxLayout(frame)
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.addWidget(content)
    return frame


def scrolled(content: QWidget, *, least: int = 0) -> QScrollArea:
    """`content` as wide as there is room, and as high as it likes."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setMinimumWidth(least)
    area.setWidget(content)
    area.viewport().setAutoFillBackground(False)
    content.setAutoFillBackground(False)
    return area
