"""Simulated sensors: as true as the drivers, as slow as a UART, and honest about what they sent."""
