"""Points with one coordinate known: source, line, rows, inspector."""
