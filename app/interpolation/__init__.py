"""The interpolation tab."""
