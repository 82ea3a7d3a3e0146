"""The command line: its parser, one file a command, and the names it knows. No Qt."""
