"""Tests of the Hub's client as every room uses it."""
