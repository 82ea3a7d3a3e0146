"""How each family is trained."""
