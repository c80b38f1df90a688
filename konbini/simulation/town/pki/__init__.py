"""The town's test authorities, made at run time: cards, links, papers. Fit for nothing but the demo and the tests."""
