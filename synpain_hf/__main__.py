"""`python -m synpain_hf`."""

from synpain_hf.cli import main

if __name__ == "__main__":
    main()
