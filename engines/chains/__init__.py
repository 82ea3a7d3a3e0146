"""Markov chains over an energy: Langevin steps, short runs, tempering."""
