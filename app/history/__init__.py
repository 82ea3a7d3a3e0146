"""Finished results on disk: the store, the thread that fills it, and the panel that shows it."""
