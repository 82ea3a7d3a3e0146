"""The pages that training writes: figures, densities, in-painting."""
