"""The collector, against a real Mosquitto and real files."""
