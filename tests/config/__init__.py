"""What config files may say, and what is said of the mistakes in them."""
