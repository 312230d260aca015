"""Phone numbers in one form, E.164, so that they can be compared."""

import phonenumbers


def to_e164(number, country_code=""):
    """Write a number in its international form.

    Viber gives numbers with their country code, with or without ``+``.

    :param str number: as somebody wrote it
    :param str country_code: ISO 3166, where a national number belongs
    :return: e.g. ``+380671234567``; ``""`` when it is no valid number
    :rtype: str
    """
    for text, region in ((number, country_code or None), (f"+{number}", None)):
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            continue
        if phonenumbers.is_valid_number(parsed):
            return phonenumbers.format_number(
                parsed, phonenumbers.PhoneNumberFormat.E164
            )
    return ""
