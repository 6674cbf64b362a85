"""From a picture and the landmarks of its face to a face whose eyes and mouth stand where they are expected."""
