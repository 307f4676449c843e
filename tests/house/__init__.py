"""The house itself: what is generated equals its generator's output, and the rules hold."""
