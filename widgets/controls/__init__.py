"""Controls: numbers, sliders, knobs, lists of choice, prompts, the list of keys."""
