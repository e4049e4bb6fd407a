"""Candidates and sources at the desk."""

from collecting.admin.candidates import CandidateAdmin
from collecting.admin.sources import SourceAdmin

__all__ = ["CandidateAdmin", "SourceAdmin"]
