"""The incident museum: published faults built into our own source, run with and without what stands in their way.

Production has no switch. A fault is an alteration of a module's text, made by an import hook in a process of its own
(`altering`), so that it stands in our real code and nothing that is installed can reach it (docs/adr/0026).
"""
