"""Where finished recordings lie: compressed, encrypted, catalogued, and gone for good when they must be.

- ``sealed``: the file format, chunk by chunk under AES-256-GCM
- ``keys``: master keys and the wrapping of a recording's own key
- ``flac``: sound to FLAC and back
- ``shelf``: the folder behind a port, so that sound may lie elsewhere
- ``catalogue``: what there is, what was erased and why (SQLite)
- ``vault``: all of it together
- ``retention``: how long what is kept (pure)
"""
