"""The sampling tab."""
