"""The mask editor: canvas, tools, gestures, history, files."""
