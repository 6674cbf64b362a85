"""How a face with another's expression is drawn: each method a module, each with the interface of `Method`."""
