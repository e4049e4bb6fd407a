"""Import issues from files, and the desk's page for it.

formats.py says what a file is, json_issues.py, curated.py and feeds.py read what is known, and load.py and rows.py
write it. WordPress's exports go to the package wordpress. docs/importing-issues.md describes the format of our own.
"""
