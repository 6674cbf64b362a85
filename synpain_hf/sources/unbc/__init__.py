"""The UNBC-McMaster shoulder pain archive, in the forms in which it is handed on."""
