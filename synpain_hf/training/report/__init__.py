"""What a trained model is worth: its predictions, the report by group, the model card."""
