"""Full-text search of published issues. Read words, index, finding, results and spelling in this order."""
