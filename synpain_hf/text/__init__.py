"""Text for people: Markdown, templates, plurals."""
