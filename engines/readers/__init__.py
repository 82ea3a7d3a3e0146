"""Networks that read pictures: the classifier and the perceptual distance."""
