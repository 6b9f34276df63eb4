"""Several line nodes, one office: how a node's journal and recordings reach it, whole and once.

- ``nodes``: which nodes may deliver, and their keys
- ``parcel``: what travels over MQTT, sealed
- ``broker``: how a broker is reached
- ``courier``: the node's side of the journal, ``intake`` the office's
- ``uploads``: the node's side of recordings, ``landing`` the office's, ``landing_pages`` its HTTP
"""
