from . import test_account
from . import test_inbox
from . import test_outbox
from . import test_webhook
