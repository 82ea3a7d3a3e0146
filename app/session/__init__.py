"""What is chosen in every tab, and what is remembered."""
