"""Pictures and tables in and out: files, drops, the clipboard, drags, other tabs."""
