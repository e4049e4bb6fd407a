"""How fast pages, feed and desk are: `make bench`. Nothing of the application imports this."""
