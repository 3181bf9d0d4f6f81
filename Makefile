# seglib: one command for each thing a reader or a maintainer does.
# Needs Python 3.11 or newer and make, nothing else; everything is installed into .venv here.

.DEFAULT_GOAL := help
.PHONY: help course report lab test lint bench notebooks clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin/python
READY := $(VENV)/.seglib-ready
NOTEBOOKS := 01_data_exploration 02_preprocessing 03_unet 04_deeplabv3plus 05_evaluation 06_comparison
FURTHER := 07_several_organs 08_small_objects 09_audit 10_nnunet 11_choices 12_scans
DATASET := $(or $(SEGLIB_DATASET),phantom-$(or $(RECIPE),polyp))
EXECUTED := $(or $(SEGLIB_OUTPUTS),outputs)/notebooks/$(DATASET)
FIGURES := figures/$(DATASET)
EXECUTE := $(BIN) -m nbconvert --to notebook --execute --log-level ERROR \
	--ExecutePreprocessor.kernel_name=python3 --ExecutePreprocessor.timeout=-1 \
	--ExecutePreprocessor.record_timing=False \
	--ExecutePreprocessor.extra_arguments=--IPKernelApp.log_level=ERROR

# Notebooks run in notebooks/, so a relative folder is made absolute from here.
ABSOLUTE = case "$$SEGLIB_DATA" in ''|/*) ;; *) export SEGLIB_DATA="$(CURDIR)/$$SEGLIB_DATA" ;; esac; \
	case "$$SEGLIB_OUTPUTS" in ''|/*) ;; *) export SEGLIB_OUTPUTS="$(CURDIR)/$$SEGLIB_OUTPUTS" ;; esac

# What the reader's shell sets for other projects must not reach this environment.
export SEGLIB_DATASET := $(DATASET)
# As in seglib/__init__.py, for notebooks that import timm before seglib.
export PYTHONWARNINGS := ignore:`torch.jit.interface` is deprecated:FutureWarning
unexport PYTHONPATH PYTHONHOME PIP_USER MPLBACKEND

help:
	@echo "make course     set up, then run notebooks 01 to 06, export their figures, build the report"
	@echo "make report     build the report again, from the figures and results that are there"
	@echo "make lab        set up, then open the notebooks in JupyterLab"
	@echo "make test       set up, then lint, unit tests, and the notebooks against their stored outputs"
	@echo "make lint       set up, then only the style checks"
	@echo "make bench      set up, then time seglib beside other ways; tables in figures/benchmarks/ (20 min)"
	@echo "make notebooks  for maintainers: run the notebooks and store their outputs in notebooks/"
	@echo "make clean      remove .venv, outputs/, synthetic data, figures and reports, and caches"
	@echo
	@echo "make course RECIPE=skin-lesion runs it on another task (also kidney-stone, lung,"
	@echo "abdominal-organs); SEGLIB_DATASET=kvasir-seg SEGLIB_PROFILE=full on real images;"
	@echo "SEGLIB_DATA=FOLDER says where data sets lie, PYTHON=... which Python to use."

# The stamp is newer than both files when the installed packages match them.
$(READY): pyproject.toml constraints.txt
	@set -e; \
	if [ ! -x $(BIN) ]; then \
		for python in $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python); do \
			if "$$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' \
				>/dev/null 2>&1; then found="$$python"; break; fi; \
		done; \
		if [ -z "$$found" ]; then \
			echo "No usable Python was found: looked for $(or $(PYTHON),python3.11 python3.12 python3.13 python3 python)." >&2; \
			echo "seglib needs Python 3.11 or newer with its venv module (on Debian and Ubuntu the" >&2; \
			echo "package python3-venv). Install one, or name it: make $(or $(MAKECMDGOALS),course) PYTHON=/path/to/python3" >&2; \
			exit 1; \
		fi; \
		echo "== making $(VENV) with $$("$$found" --version)"; \
		"$$found" -m venv --clear $(VENV); \
	elif ! $(BIN) -m pip --version >/dev/null 2>&1 && ! $(BIN) -m ensurepip >/dev/null 2>&1; then \
		echo "$(VENV) has no pip and none could be put into it: move it away and try again." >&2; \
		exit 1; \
	fi; \
	echo "== installing seglib into $(VENV) (the first time this needs 11 GB of disk, and minutes)"; \
	$(BIN) -m pip install -q --disable-pip-version-check -c constraints.txt -e ".[course,medical,test,browser,audit,export,nnunet]"; \
	touch $@

course: $(READY)
	@echo "== running the six notebooks on $(DATASET), profile $(or $(SEGLIB_PROFILE),quick)"
	@mkdir -p "$(EXECUTED)"
	@$(ABSOLUTE); started=$$(date +%s); \
	for name in $(NOTEBOOKS); do \
		before=$$(date +%s); echo "== $$name"; \
		$(EXECUTE) --output-dir "$(EXECUTED)" "notebooks/$$name.ipynb" \
			|| { echo "The notebook notebooks/$$name.ipynb failed; the message above says where." >&2; exit 1; }; \
		echo "   done in $$(($$(date +%s) - before)) s: $(EXECUTED)/$$name.ipynb"; \
	done; \
	test -s "$(FIGURES)/results.json" \
		|| { echo "The notebooks ran, but $(FIGURES)/results.json is missing." >&2; exit 1; }; \
	echo "== $$(ls "$(FIGURES)" | grep -c '\.png$$') figures and results.json are in $(FIGURES)/" \
		"($$(($$(date +%s) - started)) s)"
	@$(ABSOLUTE); $(BIN) -m seglib report --dataset "$(DATASET)" --screenshots

report: $(READY)
	@$(ABSOLUTE); $(BIN) -m seglib report --dataset "$(DATASET)"

lab: $(READY)
	@echo "== opening JupyterLab; stop it with Ctrl-C"
	@$(ABSOLUTE); $(BIN) -m jupyterlab notebooks

lint: $(READY)
	@echo "== style of code and notebooks"
	@$(BIN) -m ruff check .
	@$(BIN) -m ruff format --check .

test: lint
	@echo "== unit tests"
	@ALL_EXTRAS=1 $(BIN) -m pytest -q -n 2 --dist loadfile tests
	@echo "== notebooks: every cell again, compared with the stored outputs"
	@ALL_EXTRAS=1 $(BIN) -m pytest -q --nbval -n 2 --dist loadfile notebooks

bench: $(READY)
	@echo "== the usual loop, smp's Lightning example, MONAI and seglib in turn, floors, reading from shards,"
	@echo "   all on the processor, whether there is a GPU or not:"
	@echo "   10 to 20 minutes on two cores; leave the machine alone meanwhile"
	@$(BIN) -m tests.benchmarks.side_by_side figures/benchmarks
	@$(BIN) -m tests.benchmarks.floors figures/benchmarks
	@$(ABSOLUTE); $(BIN) -m tests.benchmarks.scale figures/benchmarks

# Stored outputs always come from the embedded data and from a training of their own.
notebooks: $(READY)
	@echo "== storing fresh outputs in notebooks/, from a new training"
	@rm -rf outputs/stored
	@set -e; unset SEGLIB_DATA; \
	export SEGLIB_DATASET=phantom-polyp SEGLIB_PROFILE=quick SEGLIB_OUTPUTS="$(CURDIR)/outputs/stored"; \
	for name in $(NOTEBOOKS) $(FURTHER); do \
		echo "== $$name"; \
		$(EXECUTE) --inplace "notebooks/$$name.ipynb"; \
		$(BIN) .ci/drop_bars.py "notebooks/$$name.ipynb"; \
		$(BIN) -m nbstripout --keep-output --keep-count --keep-id "notebooks/$$name.ipynb"; \
	done

clean:
	@echo "== removing .venv, outputs/, data/phantom-*, figures/phantom-* and caches"
	@rm -rf $(VENV) outputs data/phantom-* figures/phantom-* report/phantom-* .pytest_cache .ruff_cache .hypothesis
	@find notebooks seglib tests \( -name __pycache__ -o -name .ipynb_checkpoints \) \
		-prune -exec rm -rf {} +
