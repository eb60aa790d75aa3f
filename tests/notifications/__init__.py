"""Messages: what is told, in which words, exactly once."""
