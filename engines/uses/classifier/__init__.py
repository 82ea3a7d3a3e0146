"""A classifier by Bayes' rule, p(c | x) ∝ p(x | c) p(c): how sure it is, and how rightly so."""
