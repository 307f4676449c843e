"""What travels between the edge, the broker, the collector and the store.

The two halves of Simpang know each other only through this package; it imports nothing of ours.
"""
