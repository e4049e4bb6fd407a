"""Everything printed, and all that the editor wrote for print, as a directory of text files: out, and in again.

documents.py knows the files and no models; contents.py says which models are in them; records.py turns rows into plain
values and back; export.py and load.py do the work. docs/archive.md is the contract.
"""

FORMAT = 1
