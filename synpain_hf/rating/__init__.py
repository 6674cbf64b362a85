"""Raters: blinded sheets on which people say what faces show, and what follows from their answers."""
