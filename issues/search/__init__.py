"""Full-text search of published issues. Read words.py, index.py, finding.py and spelling.py in this order."""
