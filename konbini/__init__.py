"""Issuing Japan's resident certificates at shop terminals (コンビニ交付)."""
