"""How sensors speak, checked against bytes from real ones."""
