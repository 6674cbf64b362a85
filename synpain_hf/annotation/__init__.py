"""What is measured of the faces of a release: by tools of others, whose tables are imported here."""
