"""Which program computes a trained network: PyTorch, or ONNX Runtime on an exported file?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor, nn

from seglib.hardware import device
from seglib.names import nearest
from seglib.recipes import NnunetRecipe
from seglib.runs import Run

RUNTIMES = ("torch", "onnx", "int8")


@contextmanager
def export_extra() -> Iterator[None]:
    """Wrap the import of what only exported networks need; say how to install it."""
    try:
        yield
    except ModuleNotFoundError as error:
        raise ModuleNotFoundError(
            f"ONNX files need {error.name}, which is not installed: "
            "python -m pip install onnx onnxruntime onnxscript (the extra 'export' of seglib).",
            name=error.name,
        ) from None


class OnnxNetwork(nn.Module):
    """An exported file in the place of the network it was made from, on the CPU.

    :func:`seglib.inference.predict` takes it like any network; ``stride`` is that of the original.

    Raises
    ------
    ModuleNotFoundError
        If ONNX Runtime is not installed.
    ValueError
        If the file cannot be read, or was not exported by this course.
    """

    def __init__(self, path: Path) -> None:
        super().__init__()
        with export_extra():
            import onnxruntime
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self.session = onnxruntime.InferenceSession(
                path.read_bytes(), options, providers=["CPUExecutionProvider"]
            )
            self.facts = self.session.get_modelmeta().custom_metadata_map
            self.stride = int(self.facts["stride"])
        except Exception as error:
            raise ValueError(
                f"{path} cannot be used as an exported network ({type(error).__name__}); "
                "export it again."
            ) from None

    def forward(self, images: Tensor) -> Tensor:
        """``(N, 3, S, S) float32``, normalised, to logits ``(N, C, S, S) float32``."""
        (logits,) = self.session.run(None, {"image": images.float().contiguous().numpy()})
        return torch.from_numpy(logits)


def onnx_path(run: Run, int8: bool = False) -> Path:
    """Where the exported network of a run lies: beside its checkpoint."""
    return run.checkpoint.with_name(f"{run.checkpoint.stem}{'-int8' if int8 else ''}.onnx")


def load_network(run: Run, runtime: str = "torch") -> nn.Module:
    """The network of a run: PyTorch's own on the GPU if there is one, or an exported file.

    Raises
    ------
    FileNotFoundError
        If it was not exported yet.
    ValueError
        If the runtime is none of :data:`RUNTIMES`, the run is of nnU-Net, or the file holds other
        weights than the run.
    """
    if nearest(runtime, RUNTIMES, "runtime") == "torch":
        return run.network().to(device())
    if isinstance(run.recipe, NnunetRecipe):
        raise ValueError(
            f"nnU-Net runs in its own package only; leave out the runtime '{runtime}'."
        )
    path = onnx_path(run, runtime == "int8")
    command = f"seglib export {run.checkpoint}{' --int8' if runtime == 'int8' else ''}"
    if not path.is_file():
        raise FileNotFoundError(f"{path} does not exist; make it: {command}")
    network = OnnxNetwork(path)
    if network.facts["weights"] != run.digest:
        raise ValueError(f"{path} holds other weights than {run.checkpoint}; again: {command}")
    return network
