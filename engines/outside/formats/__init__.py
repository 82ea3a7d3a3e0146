"""What lies in files of others: folders, state dicts, tables of cards."""
