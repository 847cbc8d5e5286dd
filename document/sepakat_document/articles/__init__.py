"""The articles of the document, each a function that writes its clauses. Those without anything to say are left out."""
