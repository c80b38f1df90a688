"""What stands in the shop beside the kiosk: the bell by the till, the door of the kiosk's cabinet with its switch."""
