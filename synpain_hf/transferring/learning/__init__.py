"""`train-transfer`: what methods of transfer learn, from the neutral face of each pair and its own expression."""
