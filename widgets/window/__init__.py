"""What the window has beside its tabs: picker, seed, messages, families."""
