"""The only room that knows SIP: endpoint, legs, media, bridge, keypad tones."""
