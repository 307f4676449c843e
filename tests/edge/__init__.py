"""What the gateway holds and sends: spool, batcher, publisher, core."""
