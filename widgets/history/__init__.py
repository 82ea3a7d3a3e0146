"""The panel of finished results: a list of thumbnails, one result in full."""
