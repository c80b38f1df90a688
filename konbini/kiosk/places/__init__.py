"""Every municipality of Japan (市区町村), and how somebody at a screen finds one: pure, but for `bundled`."""
