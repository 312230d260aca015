from . import helpdesk_ticket
from . import helpdesk_ticket_stage
from . import viber_account
from . import viber_subscriber
