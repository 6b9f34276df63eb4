"""What people use: here the health page and the journal's way to MQTT."""
