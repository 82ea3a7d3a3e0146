"""The density tab."""
