"""The card of a release."""
