"""Full-text search over published issues. Read words.py, index.py, finding.py, spelling.py in this order."""
