"""Tables with gaps: read, imputed many times by every family, pooled and judged.

Start at `reading` (a file to texts), `data` (texts to a table), `imputing` (a table to M completed
ones), `pooling` (an analysis of each to one result) and `quality` (hide some cells and see).
Knows no window and no card: a family is fitted on the table that a person brings.
"""
