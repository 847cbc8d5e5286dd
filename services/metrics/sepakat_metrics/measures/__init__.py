"""How each measure is taken: one module a way of counting, all of them on the sums of a history."""
