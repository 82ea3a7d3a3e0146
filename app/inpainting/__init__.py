"""The in-painting tab."""
