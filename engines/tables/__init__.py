"""Tables with gaps: read, imputed many times by every family, pooled and judged.

    sheet.read(path)                      the texts of a file: Sheet
    guessing.guess(sheet, choices)        what each column is taken for, and why: Guess, editable by
                                          choices {name: Choice(role, gaps, levels)}
    data.table_of(sheet, choices)         numbers and codes, events in words: DataTable
    missing.patterns, shares, together, shadow      where the gaps are
    imputing.FAMILIES, estimate, caution, badge     what can be asked, how long, how good
    imputing.impute(table, family, Ask(m, seed, knobs))        a run to Imputations
    analyses.pooled(imputations, "y ~ x")           a run to a pooled Result
    hiding.hide(table, how, share, seed=…), quality.judge(…)   hide some cells and see
    shifting.shifted(imputations, column, delta)    what if gaps are not at random
    recipe.recipe_of, exporting.packed, recipe_in, source      out, and back in

Runs are generators that yield steps with a `share`; nothing here knows a window or a card, for a
family is fitted on the table that a person brings.
"""
