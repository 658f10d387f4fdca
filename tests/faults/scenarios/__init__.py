"""The scripts. Each takes a Run, and knows nothing of which library it is run with."""
