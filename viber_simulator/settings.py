"""The switches that tests turn (``PATCH /control/settings``)."""

from dataclasses import asdict, dataclass, fields


class SettingError(ValueError):
    """An unknown switch, or a value of the wrong type."""


@dataclass
class Settings:
    """Everything that can be switched for the whole service at run time."""

    # How callbacks look.
    escapes: str = "alternate"  # or "raw" (UTF-8), "escaped" (\uXXXX in upper case)
    shuffle_keys: bool = True
    omit_hostname: float = 0.1  # share of the callbacks without chat_hostname
    header_case: str = "random"  # or "documented", "lower"
    signature: str = "valid"  # or "wrong", "missing"
    probe_signed: bool = True  # the webhook probe of set_webhook

    # How they travel.
    parallel: int = 8  # connections at a time
    delay: float = 0.0  # seconds before the first attempt
    disorder: float = 0.0  # further delay, random between 0 and this many seconds
    duplicates: int = 1  # how many copies of an event go out ...
    duplicate_share: float = 1.0  # ... for this share of the events

    # What the phones report.
    delivered: bool = True
    delivered_incoming: bool = False  # also for the users' own messages
    seen: bool = False  # at once after delivery, without anyone reading
    receipt_delay: float = 0.05  # seconds

    # What the API does where its documents leave it open.
    strict_extensions: bool = True  # False: accepted, then `failed`
    max_caption: int = 512  # 768 in the newer document
    probe_error_text: bool = True  # False: a failed probe answers without a text

    def update(self, values):
        """Change switches.

        :param dict values: by name
        :raise SettingError: and nothing is changed
        """
        types = {field.name: field.type for field in fields(self)}
        for name, value in values.items():
            if name not in types:
                raise SettingError(f"There is no setting {name!r}.")
            if types[name] is float and isinstance(value, int):
                value = float(value)
            if type(value) is not types[name]:
                raise SettingError(f"{name} takes a {types[name].__name__}.")
        for name, value in values.items():
            setattr(self, name, types[name](value))

    def as_dict(self):
        """All switches by name."""
        return asdict(self)
