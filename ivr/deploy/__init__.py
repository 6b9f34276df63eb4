"""What an operator does around the line: first start, backup and restore, proxy, units, metrics' rules."""
