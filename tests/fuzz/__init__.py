"""A fuzzer: made inputs are damaged at random, and what the package makes of them is judged.

python -m tests.fuzz PICTURES|ZIPS|MANIFESTS|RELEASES|MODELS [--seconds N] [--seed N]

targets              what is tried: the table
pictures, zips, …    of each target, good inputs, and what is done with damaged ones
bytes, documents     damage
searching            tries cases until the time is over, and shortens those that find something
running              runs one case in a process of its own, with bounds on memory and time
"""
