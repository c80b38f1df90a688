"""The town in motion: every process of it started, a person's hands on the hardware, and a resident that is a robot."""
