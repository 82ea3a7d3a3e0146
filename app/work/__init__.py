"""The lane, its channels to the window, and the queue of jobs."""
