"""Models from outside: files that Genscope did not write, opened with suspicion."""
