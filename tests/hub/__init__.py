"""A Hub on loopback that the real `huggingface_hub` client talks to."""

from tests.hub.faults import Drop, Fault
from tests.hub.repositories import Account, Repository
from tests.hub.server import Hub
from tests.hub.state import WRITER

__all__ = ["WRITER", "Account", "Drop", "Fault", "Hub", "Repository"]
