from . import failures
from . import media
from . import webhook
