"""Is the mail set up right? What is asked in the background, and what the page says."""
