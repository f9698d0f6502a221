"""The command line, one file per command: parsing and printing. What the commands do lives in the library."""
