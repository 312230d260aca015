"""Codes of languages, as Viber tells them, in words."""

from babel import Locale, UnknownLocaleError


def language_name(code, reader):
    """Say what language somebody speaks.

    :param str code: of the language: ``uk``, ``uk-UA``
    :param str reader: code of the language of who reads it: ``en_US``
    :return: its name; the code itself when nobody knows it
    :rtype: str
    """
    language = code.replace("_", "-").partition("-")[0].lower()
    try:
        names = Locale.parse(reader, sep="_").languages
    except (UnknownLocaleError, ValueError):
        names = Locale("en").languages
    name = names.get(language, code)
    return name[:1].upper() + name[1:]
