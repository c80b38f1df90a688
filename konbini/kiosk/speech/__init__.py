"""The screens as speech: what is said (pure), the clips that say it, how they are made at build time, and the jack."""
