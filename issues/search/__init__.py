"""Full-text search of published issues. Read text/words.py, then queries, index, finding, marking, results, spelling."""
