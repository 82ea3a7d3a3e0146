"""The queue of jobs: the bar, its list, time left."""
