"""The whole town on one machine: people, test PKI, simulated card and devices, with the hardware's bad habits."""
