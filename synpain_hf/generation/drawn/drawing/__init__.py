"""Drawing a face with Skia, one module per part: canvas first, then geometry, then what is drawn with it."""
