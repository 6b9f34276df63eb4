"""One call: wires ear, mouth and mind together (the imperative shell)."""

from ivr.session.call import Session
from ivr.session.ports import Door

__all__ = ["Door", "Session"]
