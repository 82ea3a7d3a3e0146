"""What is known without opening a model: abilities, taxonomy, figures, evidence."""
