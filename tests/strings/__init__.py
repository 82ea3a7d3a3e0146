"""`python -m tests.strings`: every string that a person can read, each with its place."""
