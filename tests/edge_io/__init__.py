"""From the bytes of a port to judged readings, on real pseudo-terminals."""
