"""Which models are loaded, on which device, and what they are called. No Qt."""
