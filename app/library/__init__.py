"""The list of models: what is loaded, downloads, models from outside."""
