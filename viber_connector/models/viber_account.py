import secrets

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from .. import const
from ..tools import address
from ..tools.viber_api import ViberApi

# Who may read subscribers.
_SUBSCRIBERS_GROUPS = (
    "viber_connector.group_viber_agent,viber_connector.group_viber_manager"
)


class ViberAccount(models.Model):
    """A Viber bot account: one API key, one webhook.

    Where the key stands: ``viber_account_key``; how it is connected:
    ``viber_account_connect``; what the form says of that: ``viber_account_setup``; when
    its outbox rests: ``viber_account_pause``; its free messages:
    ``viber_account_quota``; what failed of it: ``viber_account_failures``; how it
    greets: ``viber_welcome``.
    """

    _name = "viber.account"
    _description = "Viber Account"
    _inherit = ["viber.guarded.mixin", "mail.thread"]
    _order = "name, id"
    _check_company_auto = True

    name = fields.Char(
        required=True,
        default=lambda self: self.env._("New Viber account"),
        help="The name of the bot, filled in by Viber when you connect.",
    )
    active = fields.Boolean(default=True)
    company_id = fields.Many2one(
        "res.company", required=True, default=lambda self: self.env.company
    )
    base_url = fields.Char(
        "Public Address",
        copy=False,
        help="The https address under which Viber reaches this Odoo, for example "
        "https://odoo.example.com. Empty: the web address of this Odoo.",
    )
    webhook_key = fields.Char(
        required=True,
        readonly=True,
        groups="viber_connector.group_viber_manager",
        copy=False,
        default=lambda self: secrets.token_urlsafe(24),
    )
    webhook_url = fields.Char(
        "Webhook",
        compute="_compute_webhook_url",
        groups="viber_connector.group_viber_manager",
    )
    state = fields.Selection(
        [
            ("draft", "Not Connected"),
            ("connected", "Connected"),
            ("error", "Error"),
        ],
        default="draft",
        required=True,
        readonly=True,
        copy=False,
        tracking=True,
    )
    state_reason = fields.Char(
        "Reason",
        readonly=True,
        copy=False,
        # What Viber said.
        groups="viber_connector.group_viber_manager",
    )
    uri = fields.Char(readonly=True, copy=False)
    deep_link = fields.Char(
        compute="_compute_deep_link", help="Opens the chat with the bot in Viber."
    )
    icon_url = fields.Char("Icon Address", readonly=True, copy=False)
    conversation_model = fields.Selection(
        [("project.task", "Tasks")],
        "Conversations Become",
        default="project.task",
        required=True,
        help="The kind of record of a new conversation. Conversations that exist "
        "already stay as they are and go on.",
    )
    project_id = fields.Many2one(
        "project.project",
        check_company=True,
        groups="viber_connector.group_viber_manager",
        domain=[("is_template", "=", False)],
        help="The project of the tasks that new conversations become. Empty: one is "
        "made when you connect, named after the bot.",
    )
    task_template_id = fields.Many2one(
        "project.task",
        check_company=True,
        groups="viber_connector.group_viber_manager",
        # Only of the account's project: a template brings its stage along.
        domain="[('is_template', '=', True), ('project_id', '=', project_id)]",
        help="New conversations are made from this template: its assignees, tags, "
        "sub-tasks; its description stays below the customer's message.",
    )
    contact_template_id = fields.Many2one(
        "res.partner",
        check_company=True,
        groups="viber_connector.group_viber_manager",
        help="New customers are copies of this contact: its tags, salesperson, "
        "country, pricelist and so on, but neither its name nor its addresses.",
    )
    link_by_phone = fields.Boolean(
        "Link Contacts by Phone Number",
        help="A customer who shares a phone number that exactly one contact has is "
        "linked to that contact. Otherwise it is only suggested on the subscriber.",
    )
    new_task_when_closed = fields.Boolean(
        "New Conversation When Closed",
        default=True,
        help="A customer who writes again after their conversation was closed gets a "
        "new one. Otherwise the message joins the latest, whatever its state.",
    )
    send_as_employee = fields.Boolean(
        help="Customers see the name and picture of the employee who answers, instead "
        "of the account's."
    )
    send_automatic_messages = fields.Boolean(
        help="Messages that Odoo writes by itself (stage, rating, out of office) go to "
        "Viber too."
    )
    send_rate = fields.Integer(
        default=20, help="Messages a second that are sent to Viber at the most."
    )
    hold_seconds = fields.Integer(
        "Seconds for Undo",
        default=0,
        help="So long an employee's message waits before it leaves for Viber, and can "
        "be undone in the chatter. 0: it leaves at once.",
    )
    subscriber_ids = fields.One2many(
        "viber.subscriber", "account_id", readonly=True, groups=_SUBSCRIBERS_GROUPS
    )
    subscriber_count = fields.Integer(
        compute="_compute_subscriber_count", groups=_SUBSCRIBERS_GROUPS
    )

    _webhook_key_unique = models.UniqueIndex(
        "(webhook_key)", "Two accounts can't have the same webhook."
    )

    @api.depends("base_url", "webhook_key")
    def _compute_webhook_url(self):
        for account in self:
            account.webhook_url = (
                account._get_base_url() + const.WEBHOOK_PATH + account.webhook_key
            )

    @api.depends("uri")
    def _compute_deep_link(self):
        for account in self:
            account.deep_link = address.deep_link(account.uri)

    @api.depends("subscriber_ids")
    def _compute_subscriber_count(self):
        counts = dict(
            self.env["viber.subscriber"]._read_group(
                [("account_id", "in", self.ids)], ["account_id"], ["__count"]
            )
        )
        for account in self:
            account.subscriber_count = counts.get(account, 0)

    @api.constrains("base_url")
    def _check_base_url(self):
        for account in self.filtered("base_url"):
            account._check_public_address(account.base_url)

    @api.constrains("send_rate")
    def _check_send_rate(self):
        for account in self:
            if not 1 <= account.send_rate <= const.SEND_RATE_MAX:
                raise ValidationError(
                    self.env._(
                        "The send rate must be between 1 and %s messages a second.",
                        const.SEND_RATE_MAX,
                    )
                )

    @api.constrains("hold_seconds")
    def _check_hold_seconds(self):
        for account in self:
            if not 0 <= account.hold_seconds <= const.HOLD_SECONDS_MAX:
                raise ValidationError(
                    self.env._(
                        "A message can wait for Undo up to %s seconds; 0 means that it "
                        "leaves at once.",
                        const.HOLD_SECONDS_MAX,
                    )
                )

    @api.model_create_multi
    def create(self, vals_list):
        accounts = super().create([self._clean_vals(vals) for vals in vals_list])
        accounts._check_named(self._naming_fields())
        return accounts

    def write(self, vals):
        vals = self._clean_vals(vals)
        if "company_id" in vals:
            self._check_company_is_free(vals["company_id"])
        asleep = self.filtered(lambda account: account._is_asleep())
        result = super().write(vals)
        if "auth_token" in vals:
            # Another key is another bot, until proven otherwise.
            # sudo: the state is for nobody to write
            self.sudo().write({"state": "draft", "state_reason": False})
        self._check_named(self._naming_fields().intersection(vals))
        asleep.filtered(lambda account: not account._is_asleep())._wake_queues()
        return result

    @api.model
    def _naming_fields(self):
        """:return: fields that name records which the user may not be able to see
        :rtype: set[str]
        """
        return {"company_id", "contact_template_id", "project_id", "task_template_id"}

    def _check_named(self, names):
        """An account shows the name of its project and templates, and fills them or
        copies them.

        :param names: of the fields that have been written
        :raise AccessError: when the user may not read one of these records
        """
        for name in names:
            self[name].check_access("read")

    def _check_company_is_free(self, company_id):
        """Contacts and conversations belong to a company and do not move along.

        :param int company_id: of which company the accounts shall be
        :raise UserError: when an account of another one has customers already
        """
        moving = self.filtered(lambda account: account.company_id.id != company_id)
        # sudo: there may be some that the user may not see
        subscribers = self.env["viber.subscriber"].sudo()
        events = self.env["viber.event"].sudo()
        for account in moving:
            domain = [("account_id", "=", account.id)]
            if not (
                subscribers.search_count(domain, limit=1)
                or events.search_count(domain, limit=1)
            ):
                continue
            raise UserError(
                self.env._(
                    "Customers of %(company)s write to %(account)s: their contacts and "
                    "conversations stay in that company. Archive this account, remove "
                    "its API key, and make an account in the other company.",
                    company=account.company_id.name,
                    account=account.name,
                )
            )

    def _clean_vals(self, vals):
        vals = dict(vals)
        if vals.get("auth_token"):
            vals["auth_token"] = self._clean_auth_token(vals["auth_token"])
        if isinstance(vals.get("base_url"), str):
            vals["base_url"] = vals["base_url"].strip().rstrip("/")
        return vals

    # -- Access to Viber -----------------------------------------------------

    @api.model
    def _get_api_url(self):
        url = self.env["ir.config_parameter"].sudo().get_param(const.API_URL_PARAMETER)
        return (url or const.API_URL).strip().rstrip("/")

    def _get_api(self, session=None):
        """The one place that builds an API client.

        :param requests.Session session: reuses connections
        :rtype: ViberApi
        :raise UserError: when there is no key, or the service has no proper address
        """
        self.ensure_one()
        api_url = self._get_api_url()
        if not address.is_base(api_url):
            raise UserError(
                self.env._(
                    "The system parameter %s does not hold the address of a server. "
                    "Remove the parameter, and Viber's own is used.",
                    const.API_URL_PARAMETER,
                )
            )
        # sudo: a manager may connect, only an administrator may read the key
        auth_token = self.sudo().auth_token
        if not auth_token:
            raise UserError(
                self.env._("Paste the API key of %s first.", self.display_name)
            )
        return ViberApi(auth_token, api_url, session)

    @api.model
    def _get_trusted_url(self):
        """:return: the address whose host may be private, or ``""``: the simulator's
        :rtype: str
        """
        url = self._get_api_url()
        return "" if url == const.API_URL else url

    @api.model
    def _from_webhook_key(self, webhook_key):
        """Find the account whose webhook was called; no ORM, for Viber waits.

        Archived ones too: what was received is kept until they are active again.

        :param str webhook_key: from the address
        :return: the account, empty if the key is unknown, and the API keys that Viber
            may have signed with: the account's, and for a while its previous one
        :rtype: tuple[viber.account, list[str]]
        """
        # A NUL would make PostgreSQL raise.
        if "\x00" in webhook_key:
            return self.browse(), []
        query = """
            SELECT account.id, key.auth_token,
                   CASE WHEN key.old_until > now() AT TIME ZONE 'UTC'
                        THEN key.old_auth_token END
              FROM viber_account account
         LEFT JOIN viber_account_key key ON key.account_id = account.id
             WHERE account.webhook_key = %s
        """
        rows = self.env.execute_query(SQL(query, webhook_key))
        account_id, *auth_tokens = rows[0] if rows else (None,)
        return self.browse(account_id), [token for token in auth_tokens if token]

    def _is_asleep(self):
        """:return: whether what comes for this account is kept, and not processed"""
        return not self.active or self.state == "draft"

    def _wake_queues(self):
        """What waited for these accounts can go on."""
        if not self:
            return
        self.env["viber.event"]._unpark(self)
        self.env["viber.message"]._wake()
