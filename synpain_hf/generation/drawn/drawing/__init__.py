"""Drawing a face with Skia, one module a part: canvas first, then geometry, then what is drawn with it."""
