"""Expressions of one release on the neutral faces of another: finding the faces, choosing who drives whom, drawing."""
