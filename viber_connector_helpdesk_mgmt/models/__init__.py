from . import helpdesk_ticket
from . import viber_account
from . import viber_subscriber
