"""Codes: walks between them, their directions, maps of them."""
