"""Speed, memory and start-up, measured over the public API and compared between two installations."""
