"""Merging contacts who are customers in Viber.

Odoo lets the kept contact take over what belongs to the others by one UPDATE for each
table. Where a row collides (both follow a task, both were notified of a message) it
deletes *all* rows of the others instead: no conversation of theirs has a follower any
more, and what became of the messages to them is forgotten. So what would collide is
brought together before.
"""

from odoo import models


class BasePartnerMergeAutomaticWizard(models.TransientModel):
    _inherit = "base.partner.merge.automatic.wizard"

    def _merge(self, partner_ids, dst_partner=None, extra_checks=True):
        """Merge contacts, so that their customers in Viber lose nothing.

        :param list[int] partner_ids: contacts
        :param res.partner dst_partner: the one to keep
        :param bool extra_checks: whether their addresses have to be the same
        :raise UserError: when a customer in Viber would become an employee
        :raise AccessError: when the user may not change a conversation that moves along
        """
        # sudo: that the customers lose nothing must not depend on what the user may see
        partners = self.env["res.partner"].sudo().browse(partner_ids).exists()
        subscribers = partners.viber_subscriber_ids
        if len(partners) < 2 or not subscribers:
            return super()._merge(partner_ids, dst_partner, extra_checks)
        partners._viber_check_merge()
        kept = dst_partner or self._get_ordered_partner(partners.ids)[-1:]
        for subscriber in subscribers.filtered(lambda s: s.partner_id != kept):
            if not self.env.su:
                subscriber.with_env(self.env)._check_linkable(kept)
        before = {subscriber: subscriber.partner_id.id for subscriber in subscribers}
        partners._viber_join_followers()
        partners._viber_join_notifications()
        result = super()._merge(partner_ids, dst_partner, extra_checks)
        subscribers.invalidate_recordset(["partner_id"])
        moved = subscribers.filtered(lambda s: s.partner_id.id != before[s])
        moved._forget_what_we_wrote()
        subscribers._follow_conversations()
        subscribers._restore_fates()
        return result
