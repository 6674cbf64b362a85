"""A fuzzer: made inputs are damaged at random, and what the package makes of them is judged.

python -m tests.fuzz PICTURES|ZIPS|MANIFESTS|RELEASES|MODELS [--seconds N] [--seed N]

targets              what is tried: the table
pictures, building, releases, models
                     good inputs, and what is done with damaged ones
damage               to bytes, documents and texts
searching            tries cases until the time is over, and shortens those that find something
running              runs one case in a process of its own, with bounds on memory and time
"""

import os

os.environ.setdefault("HF_HUB_OFFLINE", "1")  # read when the libraries are imported
os.environ.setdefault("OMP_NUM_THREADS", "1")
