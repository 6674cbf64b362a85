"""Publishing: the real client against a Hub on loopback."""
