"""How does nnU-Net get our cases, and how do we get its answer?

nnU-Net (Isensee et al. 2021, doi:10.1038/s41592-020-01008-z) is a program with folders and
environment variables of its own. It runs in a child process: :mod:`~seglib.nnunet.raw` writes our
cases as it wants them, :mod:`~seglib.nnunet.child` starts it, :mod:`~seglib.nnunet.worker` is what
runs in there, :mod:`~seglib.nnunet.pipeline` puts the steps in order, and
:mod:`~seglib.nnunet.plan` reads what it decided.
"""
