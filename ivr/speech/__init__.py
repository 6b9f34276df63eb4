"""Ears and voice behind two ports, :class:`Recognizer` and :class:`Synthesizer`, served over Wyoming."""
