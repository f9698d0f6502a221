"""IBM QRadar as a data source."""
