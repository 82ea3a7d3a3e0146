"""Recipes: what a picture is made again from, in files and packed as text. No Qt."""
