"""What every tab is made of: parts, presenters, rows, prompts."""
