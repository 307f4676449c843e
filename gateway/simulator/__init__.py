"""Sensors on pseudo-terminals that speak through the drivers' own encoders."""
