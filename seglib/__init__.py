"""seglib: the thin layer between the course's notebooks and the field's libraries."""

import os
import warnings

from seglib.course import Settings, settings

# Without this, importing albumentations asks the network for a newer version, and warns offline.
os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")
# The timm that nnU-Net allows defines a network, used nowhere here, in a way that torch will drop.
warnings.filterwarnings("ignore", "`torch.jit.interface` is deprecated", FutureWarning)

__version__ = "0.1.0"
__all__ = ["Settings", "__version__", "settings"]
