"""Facts in, bytes out: forms, layout, fonts, signing, verification; knows no service and no database."""
