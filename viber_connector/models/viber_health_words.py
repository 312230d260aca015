"""What the checks say, and what is to be done: in the language of who reads it."""

from datetime import timedelta

from babel.dates import format_timedelta

from odoo import fields
from odoo.tools import format_datetime
from odoo.tools.misc import babel_locale_parse

from ..tools import status


def _lt(words):
    """Mark words for translators: Odoo's export looks for calls of this name."""
    return words


_REPAIR = _lt("Press Repair.")
_CERTIFICATE = _lt(
    "Ask whoever runs the server, or the proxy before it, for a certificate of a "
    "public authority with its whole chain. Until then Viber delivers nothing."
)
_REACHABLE = _lt(
    "Make sure that %(url)s can be reached from the internet: name, firewall, proxy. "
    "If it can, this server can't reach its own public address: let it."
)
_SCHEDULER = _lt(
    "Ask whoever runs the server: “max_cron_threads” has to be at least 1, and the "
    "log says what else is wrong."
)

#: By code and kind: what is, and what to do.
_WORDS = {
    "copied_database": {
        "original": (_lt("This is the database that connected the account."), ""),
        "copy": (
            _lt(
                "This database is a copy of the one that connected the account, or has "
                "another name since: nothing is sent from here."
            ),
            _lt(
                "Leave it so if the other one is still in use. If it is not, say that "
                "this is the real one now."
            ),
        ),
    },
    "key": {
        "fine": (_lt("Viber knows the API key."), ""),
        "none": (
            _lt("There is no API key."),
            _lt("Paste the key from partners.viber.com and press Connect."),
        ),
        "refused": (_lt("Viber refuses this bot (%(detail)s)."), ""),
        "odd": (
            _lt("Viber does not answer as it should (%(detail)s)."),
            _lt("If it stays so for some hours, ask Viber's support what to do."),
        ),
        "silent": (
            _lt("Viber could not be asked (%(detail)s)."),
            _lt(
                "Nothing to do if it passes. If it stays so, see whether this server "
                "may open connections to Viber."
            ),
        ),
        "stopped": (
            _lt("The account was stopped: %(reason)s"),
            _lt("Viber knows the key now. Press Repair to go on."),
        ),
    },
    "webhook_url": {
        "fine": (_lt("Viber sends what customers write to this Odoo."), ""),
        "none": (
            _lt("Viber sends what customers write to nobody."),
            _REPAIR,
        ),
        "same_host": (
            _lt(
                "Viber sends what customers write to another address of %(host)s: "
                "another account, or another database, was connected with this key."
            ),
            _lt(
                "Find out who else uses the bot. Press Take Over to have its messages "
                "come here; there they end."
            ),
        ),
        "other": (
            _lt(
                "Viber sends what customers write to another system: %(host)s. Nothing "
                "arrives here."
            ),
            _lt(
                "Find out who else uses the bot. Press Take Over to have its messages "
                "come here; there they end."
            ),
        ),
    },
    "webhook_events": {
        "fine": (_lt("Viber tells all that is wanted to know."), ""),
        "missing": (_lt("Viber does not tell %(events)s."), _REPAIR),
    },
    "https": {
        "fine": (
            _lt("The public address answers, with a certificate until %(until)s."),
            "",
        ),
        "stand_in": (
            _lt("Not looked at: a stand-in for Viber on this very machine is used."),
            "",
        ),
        "inside_only": (
            _lt(
                "This server can't reach its own public address, but Viber does: a "
                "callback came at %(event_date)s."
            ),
            _lt(
                "Nothing has to be done; the certificate can't be looked at from here."
            ),
        ),
        "renew": (
            _lt("The certificate of the public address ends on %(until)s."),
            _lt("See why it has not been renewed yet."),
        ),
        "ending": (
            _lt("The certificate of the public address ends very soon: %(until)s."),
            _lt("Renew it today: afterwards Viber delivers nothing."),
        ),
        "no_name": (
            _lt("The name of the public address is not found."),
            _REACHABLE,
        ),
        "private": (
            _lt("The name of the public address leads to a private one from here."),
            _REACHABLE,
        ),
        "closed": (_lt("Nobody answers at the public address."), _REACHABLE),
        "slow": (_lt("The public address does not answer in time."), _REACHABLE),
        "broken": (
            _lt("The connection to the public address breaks off."),
            _REACHABLE,
        ),
        "no_tls": (
            _lt("No secure connection to the public address can be made."),
            _CERTIFICATE,
        ),
        "expired": (
            _lt("The certificate of the public address has expired."),
            _lt("Renew it: until then Viber delivers nothing."),
        ),
        "self_signed": (
            _lt("The certificate of the public address is signed by itself."),
            _CERTIFICATE,
        ),
        "other_name": (
            _lt("The certificate of the public address is for another name."),
            _CERTIFICATE,
        ),
        "chain": (
            _lt(
                "The certificate of the public address comes without its chain, or is "
                "of an unknown authority."
            ),
            _CERTIFICATE,
        ),
        "untrusted": (
            _lt("The certificate of the public address is not to be trusted."),
            _CERTIFICATE,
        ),
        "redirect": (
            _lt("The public address redirects to %(host)s. Viber does not follow."),
            _lt(
                "Have the proxy lead /viber/ to this Odoo without a redirect, or enter "
                "the address that needs none as Public Address, and press Connect "
                "Again."
            ),
        ),
        "status": (
            _lt(
                "The public address answers with status %(status)s, where this Odoo "
                "would answer with 403."
            ),
            _lt(
                "Have the proxy lead /viber/ to this Odoo without a password, and this "
                "host name to this database alone."
            ),
        ),
    },
    "scheduler": {
        "fine": (_lt("The scheduled actions run."), ""),
        "off": (
            _lt(
                "Switched off, by somebody, or by Odoo after failing for a week: "
                "%(jobs)s."
            ),
            _lt(
                "Press Repair. If one is switched off again, the server's log says why."
            ),
        ),
        "late": (_lt("Due, but not run by anybody: %(jobs)s."), _SCHEDULER),
        "broken": (
            _lt("Failing since %(since_date)s: %(jobs)s."),
            _lt(
                "The server's log says why. Odoo switches off what fails for a week: "
                "ask whoever runs the server to look today."
            ),
        ),
        "failing": (
            _lt("Failed last time: %(jobs)s."),
            _lt("Nothing to do if it passes. If it stays so, look into the log."),
        ),
        "asleep": (
            _lt("Nothing has looked after this account since %(last_date)s."),
            _SCHEDULER,
        ),
    },
    "outbox_backlog": {
        "none": (_lt("No message waits to be sent."), ""),
        "short": (_lt("Messages to customers leave without delay."), ""),
        "late": (
            _lt(
                "Messages to %(count)s customers wait to be sent, the oldest for "
                "%(age)s."
            ),
            _lt(
                "Press Repair. If they still wait some minutes later, see Viber → "
                "Outbox."
            ),
        ),
        "paused": (
            _lt(
                "Viber can't be reached: messages to customers wait, the oldest for "
                "%(age)s."
            ),
            _lt(
                "They leave by themselves when Viber answers; Repair asks it at once. "
                "See whether this server may open connections to Viber."
            ),
        ),
    },
    "inbox_backlog": {
        "none": (_lt("Nothing that customers wrote waits."), ""),
        "short": (_lt("What customers write comes in without delay."), ""),
        "late": (
            _lt(
                "What customers wrote waits to be posted: %(count)s in the inbox, the "
                "oldest for %(age)s."
            ),
            _lt(
                "Press Repair. If it still waits some minutes later, see Viber → Inbox."
            ),
        ),
    },
    "refused_signatures": {
        "none": (_lt("No callback with a wrong signature in the last day."), ""),
        "some": (
            _lt(
                "Callbacks with a wrong signature were refused in the last day: "
                "%(count)s, the last at %(last_date)s."
            ),
            _lt(
                "Nothing to do if Viber's messages arrive: somebody else knows the "
                "address."
            ),
        ),
        "all": (
            _lt(
                "All callbacks of the last day had a wrong signature: %(count)s, the "
                "last at %(last_date)s."
            ),
            _lt(
                "If the key was renewed at partners.viber.com, paste the new one. Else "
                "the proxy changes bodies: it has to pass them on as they are."
            ),
        ),
    },
    "failed": {
        "none": (_lt("Nothing has failed for good."), ""),
        "messages": (
            _lt("Messages that did not reach customers: %(messages)s."),
            _lt("Press Not Delivered: send them again, or give them up."),
        ),
        "events": (
            _lt("Of what customers wrote, this could not be posted: %(events_count)s."),
            _lt("See the failed ones in Viber → Inbox, and process them again."),
        ),
        "both": (
            _lt(
                "Messages that did not reach customers: %(messages)s; of what "
                "customers wrote, this could not be posted: %(events_count)s."
            ),
            _lt(
                "Press Not Delivered for the first, and see the failed ones in Viber → "
                "Inbox."
            ),
        ),
    },
    "last_event": {
        "nothing_yet": (_lt("No customer has written yet."), ""),
        "fine": (_lt("Viber's last callback came at %(event_date)s."), ""),
        "old": (
            _lt("Viber's last callback came long ago: %(event_date)s."),
            _lt(
                "Write to the bot yourself. If that does not arrive, see the other "
                "lines; if it does, all is well."
            ),
        ),
    },
}
#: What Viber does not tell, when it lacks an event.
_EVENTS = {
    "delivered": _lt("that a message has arrived"),
    "seen": _lt("that it was read"),
    "failed": _lt("that it could not be delivered"),
    "conversation_started": _lt("that somebody has opened the chat"),
}


def say(env, found):
    """Put a check into words.

    :param Environment env: in whose language and time zone
    :param dict found: of ``viber_health_checks.entry``
    :return: ``code``, ``level``, ``text``, ``advice`` (maybe ``""``), ``date``
    :rtype: dict
    """
    text, advice = _WORDS[found["code"]][found["kind"]]
    values = {
        name: _FORMATS.get(name, _as_it_is)(env, value)
        for name, value in found["values"].items()
    }
    if found["kind"] == "refused":
        advice = _of_status(found["values"]["status"])
    return {
        "code": found["code"],
        "level": found["level"],
        "text": env._(text, **values),
        "advice": advice and env._(advice, **values),
        "date": found["date"],
    }


def _of_status(number):
    known = number is not None and status.find(number)
    return known.advice if known else _lt("Paste the right key and press Connect.")


def _as_it_is(_env, value):
    return value


def _date(env, value):
    date = value and fields.Datetime.to_datetime(value)
    return format_datetime(env, date, dt_format="short") if date else ""


def _age(env, seconds):
    locale = babel_locale_parse(env.context.get("lang") or "en_US")
    return format_timedelta(timedelta(seconds=seconds), locale=locale)


def _event_names(env, names):
    return ", ".join(env._(_EVENTS.get(name, name)) for name in names)


def _job_names(env, ids):
    # sudo: managers are told which they are
    jobs = env["ir.cron"].sudo().browse(ids).exists()
    return ", ".join(f"“{name}”" for name in jobs.mapped("cron_name"))


_FORMATS = {
    "age": _age,
    "event_date": _date,
    "events": _event_names,
    "jobs": _job_names,
    "last_date": _date,
    "since_date": _date,
    "until": _date,
}
