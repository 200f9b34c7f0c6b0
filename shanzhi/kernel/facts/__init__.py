"""The read model without persons, projected from the journal."""
