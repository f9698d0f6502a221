"""Where the console script starts."""
