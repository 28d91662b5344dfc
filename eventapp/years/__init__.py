"""The committee's year across all rooms: what is missing before opening day, first steps, figures."""
