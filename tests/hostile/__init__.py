"""Whatever anybody may publish to a collector, and the law that it must keep all the same."""
