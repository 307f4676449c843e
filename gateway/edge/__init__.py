"""The gateway at the edge: from a serial line to the broker, forgetting only on receipt."""

from gateway.edge.postponed import postpone

postpone()
