"""Traces of one visit across kiosk, center and ward, handed to a collector where one is configured."""
