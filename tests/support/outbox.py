"""What became of the messages of agents: in Odoo, and at Viber."""

from collections import Counter

from viber_simulator.testing import wait_until

# Seconds, reached by what fails only: a message may have to wait for its next try.
LIMIT = 120

# One row of the outbox is one message of an agent here: all are short texts.
FATES = """
    SELECT message.payload::json->>'text', message.state, message.failure_reason,
           notification.notification_status
      FROM viber_message message
      JOIN viber_subscriber subscriber ON subscriber.id = message.subscriber_id
 LEFT JOIN mail_notification notification
        ON notification.id = message.mail_notification_id
     WHERE message.account_id = %s AND subscriber.viber_user_id = %s
  ORDER BY message.mail_message_id, message.id
"""
PAUSE = """
    UPDATE viber_account SET paused_since = now() AT TIME ZONE 'UTC',
           paused_until = now() AT TIME ZONE 'UTC' + interval '1 hour' WHERE id = %s
"""
# By state: how often Viber may have taken it, and what the chatter has to show.
PROMISES = {
    "outgoing": ({0}, "ready"),
    "sent": ({1}, "pending"),
    "delivered": ({1}, "sent"),
    "seen": ({1}, "sent"),
    "uncertain": ({0, 1}, "exception"),
    "failed": ({0}, "exception"),
}


class Outbox:
    """The messages to some customers of an account.

    :param Account account: connected
    :param list customers: of the simulator; each has written, hence has a task
    """

    def __init__(self, account, customers):
        self.account = account
        self.customers = customers
        self._odoo, self._viber = account.odoo, account.viber
        for customer in customers:
            self._viber.write(customer, account.bot, f"Good day from {customer['id']}")
        self.tasks = [account.wait_for_task(customer) for customer in customers]

    def post(self, *texts):
        """Let an agent write to each of the customers; all first messages first."""
        for text in texts:
            for task in self.tasks:
                self.account.comment(task, text)

    def pause(self):
        """Let all wait until :meth:`resume`, as while Viber can't be reached."""
        self._odoo.sql(PAUSE, [self.account.id])

    def resume(self):
        """Let go what has piled up, as after an outage."""
        self._odoo.rpc("viber.account", "action_check", [self.account.id])

    def states(self, customer):
        """:return: states (list of str) of the messages, in the order of posting."""
        return [state for _text, state, *_more in self._fates(customer)]

    def reasons(self, customer):
        """:return: why messages failed or wait (list of str or None), in that order."""
        return [reason for _text, _state, reason, _shown in self._fates(customer)]

    def wait(self, *states, customers=None, timeout=LIMIT):
        """Wait until the messages to each customer have these states.

        :raise AssertionError: with what they have instead
        """
        for customer in customers or self.customers:
            wanted = list(states)
            try:
                wait_until(
                    lambda c=customer, w=wanted: self.states(c) == w, timeout, 0.1
                )
            except TimeoutError:
                fates = self._fates(customer)
                raise AssertionError(f"{customer['name']}: {fates}") from None

    def wait_settled(self, timeout=LIMIT):
        """Wait until nothing is on the way or waits."""
        waiting = {"outgoing", "sending"}
        wait_until(
            lambda: not any(waiting & set(self.states(c)) for c in self.customers),
            timeout,
            interval=0.2,
            what="an empty outbox",
        )

    def check(self):
        """Check what is promised of every message: accepted once, or visibly not (or
        not surely), in order.

        :return: how many messages there are in each state (Counter)
        """
        found = Counter()
        for customer in self.customers:
            fates = self._fates(customer)
            accepted = self.accepted(customer)
            texts = [text for text, *_more in fates]
            assert accepted == [text for text in texts if text in accepted]
            for text, state, reason, shown in fates:
                counts, status = PROMISES[state]
                assert accepted.count(text) in counts, (text, state)
                assert shown == status, (text, state)
                assert reason or shown != "exception", (text, state)
                found[state] += 1
        return found

    def accepted(self, customer):
        """:return: the texts that Viber has accepted for a customer, in its order."""
        messages = self._viber.messages(customer, self.account.bot, side="bot")
        return [message["content"]["text"] for message in messages]

    def _fates(self, customer):
        viber_id = self._viber.viber_id(customer, self.account.bot)
        return self._odoo.sql(FATES, [self.account.id, viber_id])
