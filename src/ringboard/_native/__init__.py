"""The compiled core: one extension for each native room that Python calls."""
