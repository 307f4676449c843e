"""The product as its users run it: one command, real processes, and what it leaves behind."""
