"""What is measured of the faces of a release: by annotators that run here, and by tools whose tables are imported."""
