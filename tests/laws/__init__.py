"""Laws that hold through every sequence of crashes, losses and clocks that is thought of."""
