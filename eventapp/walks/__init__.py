"""Walks: streets, timetables, and a day that works."""
