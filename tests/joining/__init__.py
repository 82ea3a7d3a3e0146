"""What CONTRIBUTING promises to whoever adds something, tried in a scratch copy of the code."""
