"""A gallery of every form: made-up residents in, signed papers and their pictures out, for eyes and for judges."""
