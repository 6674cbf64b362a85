"""What methods that learn have in common: the square they draw in, what they are given, and the folder they leave."""
