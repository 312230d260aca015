from . import failures
from . import landing
from . import media
from . import webhook
