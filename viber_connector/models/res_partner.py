from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command, Domain
from odoo.tools import SQL

from .. import const


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_subscriber_ids = fields.One2many(
        "viber.subscriber",
        "partner_id",
        "Viber",
        groups="project.group_project_user,viber_connector.group_viber_manager",
        help="Who this contact is at which Viber account.",
    )
    viber_can_be_customer = fields.Boolean(
        compute="_compute_viber_can_be_customer",
        search="_search_viber_can_be_customer",
        export_string_translation=False,
    )

    def _compute_viber_can_be_customer(self):
        customers = self._viber_customers()
        for partner in self:
            partner.viber_can_be_customer = partner._origin in customers

    def _search_viber_can_be_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        nobody = self.env.ref("base.group_public")
        users = Domain("share", "=", False) | Domain("group_ids", "in", nobody.ids)
        is_insider = (
            Domain("id", "in", self._viber_contacts_of("res.users", users))
            | Domain("employee", "=", True)
            | Domain(
                "commercial_partner_id", "in", self._viber_contacts_of("res.company")
            )
        )
        return is_insider if False in value else ~is_insider

    def _viber_contacts_of(self, model, domain=Domain.TRUE):
        """:return: query for the contacts of all records of a model, archived ones and
            those of other companies too
        :rtype: SQL
        """
        # sudo: whoever searches leaves them out, and is shown nothing of them
        records = self.env[model].sudo().with_context(active_test=False)
        query = records._search(domain)
        partner = records._field_to_sql(query.table, "partner_id", query)
        return SQL("(%s)", query.select(partner))

    def _viber_customers(self):
        """Tell who of these contacts can be a customer in Viber.

        What comes from outside is written in a customer's name. So nobody can be one
        who is, or was, an internal user or employee, nor the company itself with the
        contacts below it. Portal users can: they are customers.

        :return: those of them
        :rtype: res.partner
        """
        # sudo: it matters to all what users some contact has; nothing of them is shown
        found = (
            self.sudo()
            .with_context(active_test=False)
            .search([("id", "in", self.ids), ("viber_can_be_customer", "=", True)])
        )
        return self.browse(found.ids)

    def _viber_insider_error(self):
        """:return: why this contact can't be a customer in Viber
        :rtype: str
        """
        return self.env._(
            "%s is a contact of an employee or of the company itself. Who writes in "
            "Viber can't be that: choose another contact for them.",
            self.display_name,
        )

    def _viber_avatar_url(self, account):
        """:return: a link to the picture that customers see beside an answer; empty
            when the contact has none
        :param viber.account account: under whose address
        :rtype: str
        """
        self.ensure_one()
        if not self[const.AVATAR_FIELD]:
            return ""
        return self.env["ir.attachment"]._viber_url(
            account, self._name, self.id, "avatar.jpg"
        )

    # -- Merging -----------------------------------------------------------------

    def _viber_check_merge(self):
        """Refuse what would make an employee of a customer.

        :raise UserError: when the contact that these become can't be a customer's
        """
        if insiders := self - self._viber_customers():
            raise UserError(insiders[0]._viber_insider_error())

    def _viber_join_followers(self):
        """Have one of these contacts alone follow a document, with all subtypes."""
        doubled = self.env["mail.followers"]._read_group(
            [("partner_id", "in", self.ids)],
            ["res_model", "res_id"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
        )
        for _model, _id, same in doubled:
            kept, others = same[0], same[1:]
            kept.subtype_ids = [Command.link(id_) for id_ in others.subtype_ids.ids]
            others.unlink()

    def _viber_join_notifications(self):
        """Have only one notification of these contacts for a message, in Viber if there
        is one; it sums up what was sent to all of them."""
        doubled = self.env["mail.notification"]._read_group(
            [("res_partner_id", "in", self.ids)],
            ["mail_message_id"],
            ["id:recordset"],
            having=[("__count", ">", 1)],
        )
        for _message, same in doubled:
            in_viber = same.filtered(lambda n: n.notification_type == "viber")
            kept = (in_viber or same)[0]
            others = same - kept
            others.viber_message_ids.mail_notification_id = kept
            others.unlink()
            if in_viber:
                kept._viber_sum_up()
