"""A Viber account that is connected for real, and what people do with it."""

from viber_simulator.testing import LIMIT, wait_until


class Account:
    """An account in Odoo and its bot at the simulator.

    :param OdooServer odoo: running, and made to use the simulator
    :param Simulator viber: running
    :param values: further values of the ``viber.account``
    """

    #: What its conversations are.
    carrier = "project.task"

    def __init__(self, odoo, viber, name="Service desk", **values):
        self.odoo = odoo
        self.viber = viber
        self.bot = viber.create_bot(name)
        own = {"name": name, "auth_token": self.bot["token"], "base_url": odoo.url}
        self.carrier = values.get("conversation_model", self.carrier)
        self.id = odoo.rpc("viber.account", "create", own | values)
        odoo.rpc("viber.account", "action_connect", [self.id])
        if "notify_user_ids" not in values:
            self._tell_nobody()

    def _tell_nobody(self):
        """Whoever connects is told of what comes: by e-mail, for which nothing is here.
        The release before this one told nobody."""
        if self.odoo.rpc("viber.account", "fields_get", ["notify_user_ids"]):
            vals = {"notify_user_ids": [(5,)]}
            self.odoo.rpc("viber.account", "write", [self.id], vals)

    def read(self, *fields):
        """:return: the account's values of some fields (dict)."""
        return self.odoo.rpc("viber.account", "read", [self.id], fields)[0]

    def tasks(self, customer=None):
        """Find the conversations of this account.

        :param dict customer: of the simulator; all customers by default
        :return: ids of the records, oldest first (list of int)
        """
        domain = [("viber_account_id", "=", self.id)]
        if customer:
            viber_id = self.viber.viber_id(customer, self.bot)
            domain.append(("viber_subscriber_id.viber_user_id", "=", viber_id))
        return self.odoo.rpc(self.carrier, "search", domain, order="id")

    def wait_for_task(self, customer, timeout=LIMIT):
        """:return: id of the customer's latest task (int), as soon as there is one."""
        return wait_until(
            lambda: self.tasks(customer), timeout, what="the customer's task"
        )[-1]

    def write(self, customer, text):
        """Let the customer write, and wait until it stands in a task's chatter.

        :return: id of that task (int)
        """
        self.viber.write(customer, self.bot, text)
        domain = [
            ("model", "=", self.carrier),
            ("res_id", "in", []),
            ("body", "ilike", text),
        ]

        def task():
            domain[1] = ("res_id", "in", self.tasks(customer))
            found = self.odoo.rpc("mail.message", "search_read", domain, ["res_id"])
            return found and found[0]["res_id"]

        return wait_until(task, what=f"{text!r} in the chatter")

    def comment(self, task, body, login="admin", **values):
        """Let an agent answer in a task's chatter.

        :param int task: id
        :param values: further ones of ``message_post``, such as ``attachment_ids``
        :return: id of the chatter message (int)
        """
        agent = self.odoo if login == "admin" else self.odoo.session(login)
        return agent.rpc(
            *(self.carrier, "message_post", [task]),
            body=body,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
            **values,
        )
