"""Acts that a process checks itself: the calls that passkeys sign, the proof of it, and whose passkeys count.

The console asks a person's passkey to sign the very call that a process is to carry out, and hands the assertion on.
Each process holds a roll (名簿) of operators' passkeys of its own, checks the proof with it, and keeps it.
docs/adr/0022-acts-that-the-process-itself-can-check.md
"""
