"""How each method that learns is trained: each recipe a module, with the interface of `Recipe`."""
