"""What makes checkpoints: data sets, recipes, the loop, evaluation. Never needed to use one."""
