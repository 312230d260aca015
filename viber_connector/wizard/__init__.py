from . import base_partner_merge
from . import viber_block
from . import viber_conversation_entry
from . import viber_invite
