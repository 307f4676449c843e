"""How each sensor speaks: descriptions without a port, a clock, a thread or a log."""
