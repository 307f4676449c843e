"""What `gateway.toml` and `collector.toml` may say, and every mistake in them at once.

The models carry the names of the keys. Nothing here holds a secret: passwords and tokens stand in
files of their own, which the config only names.
"""
