"""Taking a whole town over: a list of every resident, read, judged and written in one transaction.

`files` reads a list row by row, `columns` and `rows` say what a row may hold, `preparing` judges, signs and seals a
chunk of rows in this process or (`pool`) in others, `claims` finds what stands twice over the whole list, `takeover` is
the use case.
"""
