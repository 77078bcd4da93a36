"""Text in which tickets are found: folded into words, kept up, asked for."""
