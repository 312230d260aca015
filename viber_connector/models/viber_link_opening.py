"""What happens when somebody opens the chat by a link, and when they write then.

``conversation_started`` comes before anybody has written: the link that was opened last
is kept with the customer, one for each, until their first message takes it along.
"""

from datetime import timedelta

from odoo import api, fields, models

from .. import const


class ViberLinkOpening(models.Model):
    """One opening of a link.

    A row for each, no number in the link: two workers that serve two customers of one
    link would be in each other's way.
    """

    _name = "viber.link.opening"
    _description = "Opening of a Viber Link"
    _log_access = False

    link_id = fields.Many2one(
        "viber.link", required=True, readonly=True, index=True, ondelete="cascade"
    )
    date = fields.Datetime(required=True, readonly=True)


class ViberLink(models.Model):
    _inherit = "viber.link"

    @api.model
    def _find(self, account, code):
        """Find the link that somebody used.

        :param viber.account account: whose chat was opened
        :param str code: the context that Viber tells, maybe empty
        :return: the link, even if it works no more; empty when it is none of the
            account's
        :rtype: viber.link
        """
        if not code:
            return self.browse()
        theirs = [("code", "=", code), ("account_id", "=", account.id)]
        return self.with_context(active_test=False).search(theirs, limit=1)

    def _explain_refusal(self, date):
        """:param datetime date: when it was opened
        :return: why it does nothing for who opened it then, in words for agents; ``""``
            when it works
        :rtype: str
        """
        if not self.active:
            return self.env._("It was archived.")
        if self.expires_on and self.expires_on < date.date():
            return self.env._("It has expired.")
        return ""

    def _greets(self, _viber_user_id, date):
        """:param str _viber_user_id: who opened it
        :param datetime date: when
        :return: whether its welcome message is for them
        """
        return not self._explain_refusal(date)

    def _count_opening(self, date):
        """:param datetime date: when it was opened"""
        self.env["viber.link.opening"].create({"link_id": self.id, "date": date})

    # -- What a conversation gets ----------------------------------------------------

    def _preset_project(self):
        """:return: where a conversation begins; empty when people can't work there any
            more
        :rtype: project.project
        """
        project = self.project_id
        is_there = project.active and not project.is_template
        is_ours = project.company_id in (self.company_id, project.company_id.browse())
        return project if is_there and is_ours else project.browse()

    def _preset_users(self):
        """:return: who works on a conversation, of those who are employees still
        :rtype: res.users
        """
        return self.user_ids.filtered(
            lambda user: (
                user.active and not user.share and self.company_id in user.company_ids
            )
        )


class ViberSubscriber(models.Model):
    _inherit = "viber.subscriber"

    link_id = fields.Many2one(
        "viber.link",
        "Link Opened",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
        help="By which link they opened the chat, before they wrote.",
    )
    link_date = fields.Datetime("Link Opened on", readonly=True)

    def _remember_link(self, link, date):
        """Keep a link that was opened for what the customer writes next.

        :param viber.link link: the link
        :param datetime date: when, by Viber's clock
        """
        self.write({"link_id": link.id, "link_date": date.replace(microsecond=0)})

    def _fresh_link(self, date):
        """Find the link that presets a conversation which begins now.

        :param datetime date: when the customer wrote, by Viber's clock
        :return: the link; empty when there is none, it does nothing, or too long ago
        :rtype: viber.link
        """
        link = self.link_id
        if not link:
            return link
        is_fresh = date - self.link_date <= timedelta(hours=const.LINK_HOURS)
        is_good = is_fresh and not link._explain_refusal(self.link_date)
        return link if is_good else link.browse()

    def _take_link(self):
        """Forget the link that the customer opened, to tell it.

        :return: lines for the chatter
        :rtype: list[str]
        """
        link = self.link_id
        if not link:
            return []
        line = self.env._("Came by: %s", link.name)
        refusal = link._explain_refusal(self.link_date)
        self.write({"link_id": False, "link_date": False})
        return [f"{line}. {refusal}" if refusal else line]
