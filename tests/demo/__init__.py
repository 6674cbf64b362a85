"""Demo faces: who is drawn, with which expression and bias, and what becomes of them."""
