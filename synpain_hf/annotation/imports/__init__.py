"""`import_annotations`: tables of other tools become annotations of a release.

tool                                                what is known of a tool, as data
facereader, fiqa, imotions, openface, plain, pyfeat one tool each
tools                                               all of them
columns, cells, reading                             a table, its columns, its cells, its rows
matching                                            rows and the faces that they belong to
importing                                           the function
"""
