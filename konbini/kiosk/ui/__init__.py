"""The kiosk's screen: pages for the views of `konbini.kiosk.session`, and what the resident taps on them."""
