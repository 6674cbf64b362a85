"""The Hub's client, as every room uses it: its errors in plain words, and downloads."""
