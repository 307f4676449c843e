"""The connection to the broker, against a real Mosquitto and against brokers that misbehave."""
