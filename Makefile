# What each target does stands in devtools/; all that they make lies in .dev/.
PYTHON ?= python3

help:
	@echo "make demo    Odoo and a stand-in for Viber, with a conversation to look at"
	@echo "make test    linters, the addon's tests, the system tests; a choice of them:"
	@echo "             make test TESTS=tests/test_install.py PYTEST_ARGS='-x -k update'"
	@echo "make bench   figures, each against bare Odoo in the same run"
	@echo "make lint    the linters only"
	@echo "make clean   remove everything that the others made; none of them may run"
	@echo
	@echo "PYTHON=python3.12      another Python, 3.10 to 3.13"
	@echo "ODOO_PATH=/path        an Odoo 19 that is here already, instead of a private copy"

demo lint test bench clean:
	@$(PYTHON) -m devtools $@

.PHONY: help demo lint test bench clean
