"""The command `simpang`, as people and scripts meet it."""
