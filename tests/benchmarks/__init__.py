"""Timings beside other tools, see the Makefile; and what an exported network gains."""

import os

os.environ["CUDA_VISIBLE_DEVICES"] = "-1"  # all ways are timed on the processor
