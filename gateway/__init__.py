"""The processes of Simpang: the edge, the collector, the simulator and the command line."""
