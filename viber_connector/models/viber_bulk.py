"""What an action on many records has done is said: nobody counts rows."""


def report(records, done, done_words, left_words):
    """End an action.

    :param Model records: on which it was called
    :param Model done: of these, what it has changed
    :param str done_words: how many were changed, with ``%s``, translated
    :param str left_words: how many were not, with ``%s``, translated
    :return: ``True`` for a single record, whose form shows it; else a client action
        that says how many were changed and how many not
    :rtype: bool | dict
    """
    if len(records) <= 1:
        return True
    counts = (done_words, len(done)), (left_words, len(records) - len(done))
    words = ", ".join(words % count for words, count in counts if count)
    return tell(
        f"{words}.", bool(done), {"type": "ir.actions.client", "tag": "soft_reload"}
    )


def tell(words, is_done, follow):
    """:param str words: a sentence, translated
    :param bool is_done: whether something was changed
    :param dict follow: the action that has the view read again
    :return: a client action that says it
    :rtype: dict
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": "success" if is_done else "warning",
            "message": words,
            "next": follow,
        },
    }
