"""Judging faces that were given the expressions of others: what of the identity, and of the expression, is in them."""
