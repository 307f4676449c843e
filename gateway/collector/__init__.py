"""The collector: from the broker to the store, and back a receipt."""
