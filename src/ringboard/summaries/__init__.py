"""The kinds of summary that are built in Python: one module a kind, each a function to event bodies."""
