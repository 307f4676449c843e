"""How fast: ratios measured in one run on one machine, never a wall time that must hold."""
