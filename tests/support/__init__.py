"""What the system tests build on; servers and databases come from ``devtools``."""

from .account import Account
from .browser import SCREENSHOTS, answer, log_in, open_page
