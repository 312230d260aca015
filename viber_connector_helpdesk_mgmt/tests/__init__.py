from . import test_as_tasks
from . import test_tickets
