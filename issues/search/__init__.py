"""Full-text search of published issues. First read text/words.py, then queries, index, finding, results."""
