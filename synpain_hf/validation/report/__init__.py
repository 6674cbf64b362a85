"""The report of a validation: as JSON, as a page of Markdown, and as one page of HTML with figures."""
