"""Export everything printed, and everything the editor wrote for print, to text files, and import it again.

documents.py knows the files but no models, contents.py lists the models, records.py turns rows into plain values and
back, export.py and load.py do the work. docs/archive.md describes the format.
"""

FORMAT = 1
