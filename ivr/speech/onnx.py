"""An ONNX model that speaks: loaded on one core, stopped in the middle when nobody listens any more."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import onnxruntime

from ivr.errors import ModelError, SpeechError
from ivr.speech.halt import Halt

_PROVIDERS: Final = ("CPUExecutionProvider",)


class VoiceModel:
    """One session; safe to use from several threads.

    ``engine`` and ``remedy`` are what an error says.

    Raises:
        ModelError: the file is missing or is no model.
    """

    def __init__(self, path: Path, *, engine: str, remedy: str) -> None:
        self._engine, self._remedy = engine, remedy
        if not path.is_file():
            raise ModelError(engine, path, "voice is missing", remedy)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1  # the other cores belong to the calls' sound
        options.inter_op_num_threads = 1
        options.log_severity_level = 4  # a stopped run is reported by an exception, not on the error output too
        try:
            self.session: Any = onnxruntime.InferenceSession(str(path), options, providers=list(_PROVIDERS))
        except Exception as error:  # onnxruntime raises classes of its own extension
            raise ModelError(engine, path, f"voice can't be loaded ({error})", remedy) from error

    def run(self, inputs: Mapping[str, npt.NDArray[Any]], halt: Halt) -> npt.NDArray[np.float32]:
        """The model's sound for these inputs; nothing when it was halted. Raises SpeechError when it fails."""
        options = onnxruntime.RunOptions()
        options.log_severity_level = 4
        # A long clause needs 250 MB for a moment; without this they are kept for the life of the process.
        options.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

        def stop() -> None:
            options.terminate = True

        try:
            with halt.stopping(stop):
                made = self.session.run(None, dict(inputs), options)[0]
        except Exception as error:
            if halt.pulled:
                return np.zeros(0, dtype=np.float32)
            raise SpeechError(self._engine, f"the model failed ({error})", self._remedy) from error
        return np.asarray(made, dtype=np.float32).reshape(-1)
