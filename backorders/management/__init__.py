"""Commands of the deciding app."""
