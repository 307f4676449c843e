"""Whether the wall clock can be believed, and who says so."""

from gateway.trust.sources import STEP_SECONDS, Source
from gateway.trust.trust import Kept, Trust

__all__ = ["STEP_SECONDS", "Kept", "Source", "Trust"]
