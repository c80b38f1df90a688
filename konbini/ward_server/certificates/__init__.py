"""What each kind of certificate says of a record. Pure: records in, printed facts out.

A kind of certificate is a module here and a template in `konbini.pdf`. The clerk makes the facts that are printed;
`issuing` makes the same ones from its copy only to find out beforehand whether the form can hold them.
"""
