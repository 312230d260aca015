"""What an action on many records has done is said: nobody counts rows."""


def report(records, done, words):
    """End an action.

    :param Model records: on which it was called
    :param Model done: of these, what it has changed
    :param str words: a sentence with ``%(done)s`` and ``%(left)s``, translated
    :return: ``True`` for a single record, whose form shows it; else a client action
        that says how many were changed and how many not
    :rtype: bool | dict
    """
    if len(records) <= 1:
        return True
    count = len(done)
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "success" if count else "warning",
            "message": words % {"done": count, "left": len(records) - count},
            "next": {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
