"""Who may make a record a conversation, change whose it is, and let others in."""

from odoo import api, models
from odoo.exceptions import AccessError, UserError


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        # sudo: a portal user, who may create them too, may not read our fields
        conversations = records.sudo().filtered("viber_subscriber_id")
        if conversations:
            conversations.with_env(self.env)._viber_attach()
        named = records.sudo().filtered(self._viber_previous_field)
        if named:
            named.with_env(self.env)._viber_check_previous()
        return records

    def write(self, vals):
        # sudo: a portal user, who may write them too, may not read our fields
        before = {}
        customer = self._viber_customer_field
        if customer in vals:
            self.sudo().filtered(
                lambda record: record[customer].id != vals[customer]
            ).with_env(self.env)._viber_keep_customer()
        if vals.get("viber_subscriber_id"):
            before = {
                record.id: record.viber_subscriber_id.id for record in self.sudo()
            }
        result = super().write(vals)
        if customer in vals or "viber_subscriber_id" in vals:
            # sudo: a portal user may not read the field
            self.sudo().filtered("viber_subscriber_id")._viber_push_reload()
        if before:
            self.filtered(
                lambda record: record.sudo().viber_subscriber_id.id != before[record.id]
            )._viber_attach()
        if vals.get(self._viber_previous_field):
            self._viber_check_previous()
        if "viber_account_id" in vals:
            self.sudo()._viber_check_account()
        if not self._viber_company_fields.isdisjoint(vals):
            self.sudo().filtered("viber_subscriber_id")._viber_check_company()
        return result

    def _viber_attach(self):
        """These have just become conversations: their Viber customer follows them, so
        that they get what is said, and is their customer unless they have another.

        :raise AccessError: when the user could not see that customer, or an open
            conversation of theirs, before
        :raise UserError: when the customer is another company's
        """
        self._viber_check_attachable()
        for record in self:
            # sudo: the contact may be of another team
            partner = record.viber_subscriber_id.sudo().partner_id
            if not record.viber_customer_id:
                record._viber_set_customer(partner)
            record.message_subscribe(partner.ids)

    def _viber_check_attachable(self):
        # sudo: what is checked is the user's access to the records, not to our fields
        self.sudo()._viber_check_company()
        if self.env.su:
            return
        self._viber_check_agent()
        for subscriber in self.sudo().viber_subscriber_id:
            subscriber.with_env(self.env)._check_attachable(self)
        for record in self:
            # They were no conversations yet when these were let in.
            record._viber_check_followers(record.message_partner_ids.ids)

    def _viber_check_agent(self):
        """:raise AccessError: when the user is no employee who may change the record;
        where a project is shared, customers may change tasks, too
        """
        self.check_access("write")
        self._viber_check_employee()

    def _viber_check_reader(self):
        """:raise AccessError: when the user is no employee who may read the record"""
        self.check_access("read")
        self._viber_check_employee()

    @api.model
    def _viber_check_employee(self):
        if not self.env.su and not self.env.user._is_internal():
            raise AccessError(
                self.env._(
                    "Only employees can do this. Ask an employee who works on this "
                    "conversation."
                )
            )

    def _viber_keep_customer(self):
        """Refuse that somebody from outside takes conversations from their customers:
        where a project is shared, portal users may change whose a task is.

        :raise AccessError: when one of these records is a conversation
        """
        is_outside = self.env.user.share and not self.env.su
        # sudo: a portal user may not read the field
        if is_outside and self.sudo().viber_subscriber_id:
            raise AccessError(
                self.env._(
                    "Only employees can do this. Ask an employee who works on this "
                    "conversation."
                )
            )

    def _viber_check_company(self):
        """:raise UserError: when a conversation is of another company than its Viber
        customer; whoever works there would read and answer in the name of this one
        """
        for record in self:
            company = record.viber_subscriber_id.company_id
            if company and record.company_id not in (company, self.env["res.company"]):
                raise UserError(
                    self.env._(
                        "This Viber customer belongs to %(company)s, “%(record)s” to "
                        "%(other)s. A conversation stays in the company of its Viber "
                        "account: choose a project or team of that company.",
                        company=company.name,
                        record=record.display_name,
                        other=record.company_id.name,
                    )
                )

    def _viber_check_account(self):
        """A stored related field can be written; this one says where messages go.

        :raise AccessError: when it is not the account of the Viber customer
        """
        for record in self:
            if record.viber_account_id != record.viber_subscriber_id.account_id:
                raise AccessError(
                    self.env._(
                        "The Viber account of a conversation follows from its Viber "
                        "Customer: choose another Viber Customer instead."
                    )
                )

    def _viber_check_previous(self):
        """The field shows the name of a record.

        :raise AccessError: when the user may not read that record
        """
        self[self._viber_previous_field].check_access("read")

    # -- Followers -------------------------------------------------------------------

    def _viber_check_followers(self, partner_ids):
        """Who follows a conversation gets what is said in it by the bot.

        :param list[int] partner_ids: contacts that are about to follow
        :raise AccessError: when one is a Viber customer whom the user may not see
        """
        # sudo: who they are; that the user may see them is checked
        conversations = self.sudo().filtered("viber_account_id")
        if not conversations:
            return
        known = conversations.env["viber.subscriber"].search(
            [
                ("account_id", "in", conversations.viber_account_id.ids),
                ("partner_id", "in", partner_ids),
                # Employees get nothing by the bot.
                ("partner_id.partner_share", "=", True),
                (
                    "partner_id",
                    "not in",
                    conversations.viber_subscriber_id.partner_id.ids,
                ),
            ]
        )
        if known != known.with_env(self.env)._filtered_access("read"):
            raise AccessError(
                self.env._(
                    "One of these contacts is a Viber customer whom you may not see. "
                    "Ask somebody who works on their conversation to add them."
                )
            )

    def message_subscribe(self, partner_ids=None, subtype_ids=None):
        """Leave out the worker, which makes conversations but is nobody who could
        follow them: Odoo subscribes who creates a record, whatever the context says."""
        worker_id = self.env.context.get("viber_skip_follower")
        if worker_id and partner_ids:
            partner_ids = [pid for pid in partner_ids if pid != worker_id]
        if partner_ids and not self.env.su:
            self._viber_check_followers(partner_ids)
        result = super().message_subscribe(partner_ids, subtype_ids)
        if not self.env.su:
            self._viber_tell_following(partner_ids)
        return result

    def message_unsubscribe(self, partner_ids=None):
        """Keep the customers: who does not follow a conversation gets no answer."""
        # Everybody may unfollow by themselves.
        others = set(partner_ids or ()) - set(self.env.user.partner_id.ids)
        # sudo: a portal user may not read the field
        self.sudo().filtered(
            lambda record: record.viber_subscriber_id.partner_id.id in others
        ).with_env(self.env)._viber_keep_customer()
        result = super().message_unsubscribe(partner_ids)
        self._viber_tell_following(partner_ids)
        return result

    def _viber_tell_following(self, partner_ids):
        """Have the forms read again that tell whether the customer follows, and the
        composers ask again that tell to whom a text goes.

        :param partner_ids: contacts who have begun or ended to follow, or ``None``
        """
        # sudo: a portal user may not read the fields
        conversations = self.sudo().filtered("viber_subscriber_id")
        if not conversations or not partner_ids:
            return
        partners = conversations.env["res.partner"].browse(partner_ids)
        if any(partners.mapped("partner_share")):
            conversations._viber_push_reload()

    def _message_auto_subscribe_followers(self, updated_values, default_subtype_ids):
        followers = super()._message_auto_subscribe_followers(
            updated_values, default_subtype_ids
        )
        if not followers or self.env.su:
            return followers
        # Who assigns themselves may do so.
        others = {partner_id for partner_id, *_ in followers}
        others -= set(self.env.user.partner_id.ids)
        if others:
            self._viber_check_followers(list(others))
        return followers
