from odoo import fields, models
from odoo.exceptions import UserError
from odoo.fields import Command
from odoo.tools import SQL

from .. import const


class ResPartner(models.Model):
    _inherit = "res.partner"

    viber_subscriber_ids = fields.One2many(
        "viber.subscriber",
        "partner_id",
        "Viber",
        groups="viber_connector.group_viber_agent,viber_connector.group_viber_manager",
        help="The customers in Viber behind this contact, at each account.",
    )
    viber_can_be_customer = fields.Boolean(
        compute="_compute_viber_can_be_customer",
        search="_search_viber_can_be_customer",
        export_string_translation=False,
    )

    def _compute_viber_can_be_customer(self):
        customers = self._origin._viber_customers()
        for partner in self:
            partner.viber_can_be_customer = partner._origin in customers

    def _search_viber_can_be_customer(self, operator, value):
        if operator != "in":
            return NotImplemented
        insiders = SQL("(%s)", self._viber_insiders())
        return [("id", "in" if False in value else "not in", insiders)]

    def _viber_customers(self):
        """Tell who of these contacts can be a customer in Viber.

        What comes from outside is written in a customer's name. So nobody can be one
        who is, or was, an internal user or employee, nor the company itself with the
        contacts below it. Portal users can: they are customers.

        :return: those of them
        :rtype: res.partner
        """
        if not self.ids:
            return self.browse()
        rows = self.env.execute_query(
            SQL(
                "SELECT id FROM (%s) AS insider WHERE id IN %s",
                self._viber_insiders(),
                tuple(self.ids),
            )
        )
        return self - self.browse(row[0] for row in rows)

    def _viber_insiders(self):
        """:return: query for the ids of all contacts who speak for the company or, as
            the public user does, for nobody in particular
        :rtype: SQL
        """
        # Not by the ORM: it is asked for with each message of a customer. Nothing of
        # these contacts is shown, so archived ones and those of other companies count.
        fields = {
            "res.company": ["partner_id"],
            "res.partner": ["commercial_partner_id", "employee"],
            "res.users": ["group_ids", "partner_id", "share"],
        }
        return SQL(
            """
            SELECT partner_id AS id FROM res_users
             WHERE NOT share
                OR id IN (SELECT uid FROM res_groups_users_rel WHERE gid = %s)
         UNION ALL
            SELECT id FROM res_partner WHERE employee
         UNION ALL
            SELECT partner.id FROM res_partner AS partner
              JOIN res_company AS company
                ON company.partner_id = partner.commercial_partner_id
            """,
            self.env["ir.model.data"]._xmlid_to_res_id("base.group_public"),
            to_flush=[
                self.env[model]._fields[name]
                for model, names in fields.items()
                for name in names
            ],
        )

    def _viber_insider_error(self):
        """:return: why this contact can't be a customer in Viber
        :rtype: str
        """
        return self.env._(
            "%s is the contact of an employee or of the company itself, which no "
            "customer in Viber can be: choose another contact.",
            self.display_name,
        )

    def _viber_avatar_url(self, account):
        """:return: a link to the picture that customers see beside an answer; empty
            when the contact has none
        :param viber.account account: under whose address
        :rtype: str
        """
        self.ensure_one()
        # sudo: customers see it whoever sends the answer
        picture = (
            self.env["ir.attachment"]
            .sudo()
            .search(
                [
                    ("res_model", "=", self._name),
                    ("res_id", "=", self.id),
                    ("res_field", "=", const.AVATAR_FIELD),
                ],
                limit=1,
            )
        )
        return picture and picture._viber_url(account, "avatar.jpg") or ""

    # -- Deleting and merging ----------------------------------------------------

    def unlink(self):
        """Delete contacts; customers who were linked to another one since keep the
        fates of what was sent to them."""
        # sudo: who may delete contacts need not know the outbox
        outbox = self.env["viber.message"].sudo()
        told = outbox.search([("mail_notification_id.res_partner_id", "in", self.ids)])
        result = super().unlink()
        told.subscriber_id._restore_fates()
        return result

    def _viber_check_merge(self):
        """Refuse what would make an employee of a customer.

        :raise UserError: when the contact that these become can't be a customer's
        """
        if insiders := self - self._viber_customers():
            raise UserError(insiders[0]._viber_insider_error())

    def _viber_join_followers(self):
        """Have one of these contacts follow a document, with the subtypes of all."""
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
            if kept.viber_message_ids:
                kept._viber_sum_up()
