"""The API key of an account: pasted, kept apart, shown to administrators only."""

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL
from odoo.tools.misc import hmac

_SCOPE = "viber_connector.auth_token"
# Keys of today have 50 characters. Viber promises no length; a header has an end.
_MAX_LENGTH = 256


class ViberAccountKey(models.Model):
    """Where the keys stand: a small table without a constraint that a value
    could break. PostgreSQL quotes the whole row ("Failing row contains …"), and Odoo
    the whole query, when a write fails; here no key stands in either.

    Nobody has access to it, administrators neither: they go through the account.
    """

    _name = "viber.account.key"
    _description = "Viber API Key"
    _log_access = False

    account_id = fields.Many2one("viber.account", required=True, ondelete="cascade")
    auth_token = fields.Char("API Key", required=True)

    _account_unique = models.UniqueIndex("(account_id)")


class ViberAccount(models.Model):
    _inherit = "viber.account"

    auth_token = fields.Char(
        "API Key",
        compute="_compute_auth_token",
        inverse="_inverse_auth_token",
        groups="base.group_system",
        copy=False,
        exportable=False,
        help="From partners.viber.com: open your bot, copy its private access token.",
    )
    # Tells that two keys are the same, and nothing else of them.
    auth_token_hash = fields.Char(copy=False, groups=fields.NO_ACCESS)

    _auth_token_unique = models.UniqueIndex(
        "(auth_token_hash) WHERE auth_token_hash IS NOT NULL"
    )

    def _compute_auth_token(self):
        keys = dict(
            self.env.execute_query(
                SQL(
                    "SELECT account_id, auth_token FROM viber_account_key"
                    " WHERE account_id = ANY(%s)",
                    self.ids,
                )
            )
        )
        for account in self:
            account.auth_token = keys.get(account.id, False)

    def _inverse_auth_token(self):
        for account in self:
            # sudo: only administrators get here (the field's groups); nobody may write
            # the hash otherwise
            account.sudo()._keep_auth_token(account.auth_token)

    def _keep_auth_token(self, auth_token):
        """Keep a key, and its hash on the account.

        :param str | bool auth_token: clean (:meth:`_clean_auth_token`), or ``False``
        :raise ValidationError: when another account has it
        """
        auth_token_hash = self._hash_auth_token(auth_token)
        self._check_auth_token_unique(auth_token_hash)
        # The account's row first: it is then locked, and if somebody else has changed
        # it, that fails here, where no key is in the query.
        self.auth_token_hash = auth_token_hash
        self.flush_recordset()
        if not auth_token:
            query = SQL("DELETE FROM viber_account_key WHERE account_id = %s", self.id)
        else:
            query = SQL(
                """
                INSERT INTO viber_account_key (account_id, auth_token) VALUES (%s, %s)
                ON CONFLICT (account_id) DO UPDATE
                SET auth_token = EXCLUDED.auth_token,
                    old_auth_token = NULL, old_until = NULL
                """,
                self.id,
                auth_token,
            )
        # Not logged should it fail all the same.
        self.env.cr.execute(query, log_exceptions=False)

    @api.model
    def _hash_auth_token(self, auth_token):
        """:return: a keyed hash; the same for the same key in the same database
        :rtype: str | bool
        """
        # sudo: the database's secret is for administrators
        return auth_token and hmac(self.sudo().env, _SCOPE, auth_token)

    def _check_auth_token_unique(self, auth_token_hash):
        """:raise ValidationError: when another account, maybe archived, has this key"""
        domain = [("auth_token_hash", "=", auth_token_hash), ("id", "!=", self.id)]
        accounts = self.with_context(active_test=False)
        if auth_token_hash and accounts.search_count(domain, limit=1):
            raise ValidationError(
                self.env._(
                    "Another account (maybe an archived one) has this API key already. "
                    "A bot can be connected only once: open that account instead."
                )
            )

    @api.model
    def _clean_auth_token(self, auth_token):
        """What comes by copy and paste often has spaces around it.

        :param auth_token: from outside
        :rtype: str
        :raise ValidationError: when it can't be a key at all
        """
        auth_token = auth_token.strip() if isinstance(auth_token, str) else ""
        # Viber does not say what a key looks like; it travels in an HTTP header.
        if (
            not auth_token
            or len(auth_token) > _MAX_LENGTH
            or not all("!" <= character <= "~" for character in auth_token)
        ):
            raise ValidationError(
                self.env._(
                    "This is no Viber API key: it holds spaces or letters that no key "
                    "has, or it is too long. Copy it again from partners.viber.com."
                )
            )
        return auth_token

    def _export_rows(self, paths, *, _is_toplevel_call=True):
        """Keep the key out of every export, those of records that name an account too
        (``account_id/auth_token``): a file of it lies about for ever.

        :raise UserError: when the key is among the fields
        """
        if any(path[:1] == ["auth_token"] for path in paths):
            raise UserError(
                self.env._(
                    "API keys can't be exported. Copy them from partners.viber.com."
                )
            )
        return super()._export_rows(paths, _is_toplevel_call=_is_toplevel_call)
