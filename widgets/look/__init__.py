"""How everything looks: theme, colours, glyphs, labels, frames, arrays as images."""
