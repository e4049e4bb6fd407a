"""Sending a mailing. First read claiming.py, then messages, servers, worker."""
