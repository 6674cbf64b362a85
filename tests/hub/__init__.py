"""A Hub on loopback that the real `huggingface_hub` client talks to."""

from tests.hub.server import Fault, Hub, Repository

__all__ = ["Fault", "Hub", "Repository"]
