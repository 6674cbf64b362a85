"""Short scripts that a newcomer runs first."""
