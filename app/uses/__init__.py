"""The tab of uses: what a density is for."""
