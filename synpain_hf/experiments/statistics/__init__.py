"""What trained models are worth, and how sure that is for other identities and other trainings."""
