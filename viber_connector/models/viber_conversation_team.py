"""Who works on a conversation, and who is told while nobody does."""

from odoo import models

from . import viber_bulk


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    def action_viber_assign_to_me(self):
        """Have the user work on these conversations.

        :return: ``True``; for several, what was done
        :raise AccessError: when the user is no employee who may change the records
        """
        self._viber_check_agent()
        others = self.filtered(lambda r: self.env.user not in r._viber_assignees())
        for record in others:
            record._viber_assign(self.env.user)
        words = self.env._("%s assigned to you"), self.env._("%s were yours already")
        return viber_bulk.report(self, others, *words)

    def _viber_assignees(self):
        """:return: who works on it; whoever has left the company does not any more
        :rtype: res.users
        """
        # sudo: only whether they are there still is looked at
        return self[self._viber_assignee_field].filtered(lambda u: u.sudo().active)

    def _viber_assign(self, user):
        """:param res.users user: who works on it, too, or from now on"""
        name = self._viber_assignee_field
        if self._fields[name].type == "many2one":
            self[name] = user
        else:
            self[name] |= user

    def _viber_assign_on_answer(self, user):
        if self.viber_account_id.assign_on_answer and not self._viber_assignees():
            # Whoever answers knows.
            self.with_context(mail_auto_subscribe_no_notify=True)._viber_assign(user)

    def _viber_find_assignee(self):
        """A customer begins to wait: have one of the account's team take it, where the
        account says so."""
        account = self.viber_account_id
        if account.assign_policy == "none" or self.viber_waiting_since:
            return
        if not self._viber_assignees():
            user = account._least_busy(self)
            if user:
                self._viber_assign(user)

    def _viber_team(self, message, content=None):
        """Find out who is told of a message: nobody works on the conversation, and the
        customer begins to wait with it.

        :param mail.message message: that is about to be notified, sudoed
        :param Content | None content: what the customer said, when it came by Viber
        :return: those of the account's team who may read it
        :rtype: res.users
        """
        record = self.sudo()
        if (
            record.viber_waiting_since
            or not record._viber_is_asked_by(message, content)
            or record._viber_assignees()
        ):
            return self.env["res.users"]
        team = record.viber_account_id.notify_user_ids
        return team.filtered(lambda user: may_read(record, user))


def may_read(records, user):
    """:return: whether a user may read records, in whichever of their companies; of
        none, whether they may read records of the model at all
    :rtype: bool
    """
    theirs = records.with_user(user).with_context(
        allowed_company_ids=user.company_ids.ids
    )
    return user.active and theirs.has_access("read")
