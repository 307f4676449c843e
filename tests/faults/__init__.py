"""The fault engine: real processes under a seeded schedule of faults, and an account at the end.

`python -m tests.faults --seed 7 --faults 60 --store influxdb --collectors 3` plays a schedule
against a broker, collectors, a database and a gateway with three sensors, whose frames carry
numbers. At the end everything is healed, what waits is drained, and each number that was ever sent
must be in the store exactly once, under the time at which it was sent, unless the engine's own
record shows why it can't be. Of each batch, too, the engine knows whether it may be lost, and the
ledger must say the same.
"""
