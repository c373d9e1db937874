"""Screen, paper and the command line: composes everything."""
