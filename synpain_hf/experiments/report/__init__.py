"""The report on an experiment: tables beside published values, figures, and one page."""
