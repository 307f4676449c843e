"""Laws that hold through every sequence of crashes, losses and clocks that a machine can think of."""
