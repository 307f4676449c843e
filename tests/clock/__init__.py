"""What is believed of the wall clock, and when."""
