# What each target does stands in devtools/; all that it makes, in the folder .dev/.
PYTHON ?= python3

help:
	@echo "make demo    Odoo and a stand-in for Viber, with a conversation to look at"
	@echo "make test    linters, the addon's tests, the system tests"
	@echo "             TESTS='tests/test_install.py' PYTEST_ARGS='-x -k update' choose"
	@echo "make lint    the linters only"
	@echo "make clean   remove everything that the others made (.dev/)"

demo lint test:
	@$(PYTHON) -m devtools $@

clean:
	rm -rf .dev

.PHONY: help demo lint test clean
