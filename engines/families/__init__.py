"""The families: model.py opens a card, net.py is its network."""
