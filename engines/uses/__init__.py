"""What a density is for: outliers, compression, classification, comparison. One folder a use.

Each works on opened models by what they can do, never by their family. No window here.
"""
