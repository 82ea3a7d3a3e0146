"""Diffusion in the latents of a VAE."""
