"""From a picture and the landmarks of its face to a face that stands where it is expected."""
