"""Pictures: galleries, strips of frames, the large view."""
