"""Expressions of one face on another: landmarks that move, and methods that draw the face that they ask for.

It knows pictures and landmarks alone; `synpain_hf.transferring` finds them in releases.
"""
