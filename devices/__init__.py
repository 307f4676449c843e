"""How each sensor speaks: no port, no clock, no thread, no log."""
