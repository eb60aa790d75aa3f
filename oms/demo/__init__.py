"""The demo shop and the replay: real order lines and real delays through the public commands."""
