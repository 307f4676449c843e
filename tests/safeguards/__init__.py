"""Each safeguard, removed in a copy: the test that names it must turn red."""
