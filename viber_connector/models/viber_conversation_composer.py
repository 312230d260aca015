"""What the composer says before Send: where a text would go, and as what a file."""

from odoo import api, fields, models

from .. import const


class ViberConversationMixin(models.AbstractModel):
    _inherit = "viber.conversation.mixin"

    def viber_composer_info(self, partner_ids=()):
        """Tell where a public comment of the user would go now.

        It asks what asks when a message is posted (``_notify_get_recipients``), with a
        message that is nowhere but in memory.

        :param list[int] partner_ids: contacts who are named beside the followers; those
            whom the user may not read are left out, as when the message is posted
        :return: dict: ``channel`` (``viber``, ``email``, ``none``); ``recipients`` of
            outside whom it reaches by that channel, ``others`` whom it reaches by
            e-mail beside Viber, ``lost`` whom it does not reach (lists of names);
            ``told``, ids of those who get it as followers; ``sender``, as whom;
            ``account``, its name; ``warning``, why it does not reach the customer,
            why it waits, or that no reply will come in; ``waits``, whether it waits,
            and ``until`` when at the latest, if that is known; ``session`` (reserved)
        :raise AccessError: when the user is no employee who may read the record
        """
        self.ensure_one()
        self._viber_check_reader()
        # sudo: agents need not see the account
        account = self.sudo().viber_account_id
        info = {
            "account": account.name,
            "channel": "none",
            "lost": [],
            "others": [],
            "recipients": [],
            "sender": self.env.user.name,
            "session": None,
            "told": [],
            "until": False,
            "waits": False,
            "warning": False,
        }
        if not self.has_access(self._mail_post_access):
            return info | {"warning": self.env._("You can't write here.")}
        named = self.env["res.partner"].browse(partner_ids).exists()
        draft, recipients = self._viber_try_comment(named._filtered_access("read"))
        return info | self._viber_sum_up_recipients(draft, recipients)

    def _viber_try_comment(self, partners):
        """Find out who would get a public comment of the user.

        :param res.partner partners: who are named beside the followers
        :return: the comment, in memory only, and what ``_notify_get_recipients`` says
        :rtype: tuple[mail.message, list[dict]]
        """
        # sudo: as Odoo posts what is written in a chatter, for all who may write there
        record = self.sudo()
        if not self.has_access("write"):
            # As Odoo does: who may not change the record lets nobody in by naming them.
            record = record.with_context(mail_post_autofollow=False)
        author_id, email_from = record._message_compute_author()
        vals = {
            "author_id": author_id,
            "body": "",
            "create_uid": self.env.uid,
            "email_from": email_from,
            "message_type": "comment",
            "model": self._name,
            "partner_ids": partners.ids,
            "res_id": self.id,
            "subtype_id": self.env.ref("mail.mt_comment").id,
        }
        draft = record.env["mail.message"].new(vals)
        return draft, record._notify_get_recipients(draft, vals)

    def _viber_sum_up_recipients(self, draft, recipients):
        """:param mail.message draft: see :meth:`_viber_try_comment`
        :param list[dict] recipients: see :meth:`_viber_try_comment`
        :return: what :meth:`viber_composer_info` tells of them
        :rtype: dict
        """
        # sudo: agents need not see the account, nor all subscribers
        record = self.sudo()
        reached = [r for r in recipients if _is_in_viber(r)]
        mailed = [r for r in recipients if _is_mailed(r)]
        lost = [r for r in recipients if r["notif"] == "viber" and not _is_in_viber(r)]
        names = self._viber_names(recipients)
        info = {
            "lost": [names[r["id"]] for r in lost],
            "told": [r["id"] for r in reached + mailed if r["is_follower"]],
        }
        if reached:
            subscribers = self.env["viber.subscriber"].union(
                *(r["viber_subscriber"] for r in reached)
            )
            info |= {
                "channel": "viber",
                "recipients": [names[r["id"]] for r in reached],
                "others": [names[r["id"]] for r in mailed],
                "sender": draft._viber_sender_name(record.viber_account_id),
            }
            info |= record._viber_delay(subscribers)
        elif mailed:
            info |= {
                "channel": "email",
                "recipients": [names[r["id"]] for r in mailed],
            }
        if not info.get("warning"):
            info["warning"] = self._viber_explain_lost(reached + mailed, lost)
        if not info["warning"] and record.viber_is_blocked:
            info["warning"] = self.env._(
                "This customer is blocked: what they reply does not come in before you "
                "unblock them."
            )
        return info

    def _viber_names(self, recipients):
        """:return: names of recipients by id, as far as the user may know them: those
            of followers are shown to whoever may read the record
        :rtype: dict[int, str]
        """
        strangers = [r["id"] for r in recipients if r["id"] and not r["is_follower"]]
        partners = self.env["res.partner"].browse(strangers)
        readable = set(partners._filtered_access("read").ids)
        return {
            r["id"]: (
                r["name"]
                if r["is_follower"] or r["id"] in readable
                else self.env._("a contact whom you may not see")
            )
            for r in recipients
        }

    def _viber_delay(self, subscribers):
        """Tell whether what is sent now has to wait.

        :param viber.subscriber subscribers: for whom it is, of this account
        :return: ``waits``, ``warning``, ``until`` of :meth:`viber_composer_info`
        :rtype: dict
        """
        account = self.viber_account_id
        words = account._explain_rest(subscribers)
        if not words:
            return {}
        until = account.paused_until
        if self.env["viber.message"]._awaits_quota(subscribers):
            until = account.quota_renewal_date
        until = until and fields.Datetime.to_string(until)
        return {"waits": True, "warning": words, "until": until}

    def _viber_explain_lost(self, told, lost):
        """:param list[dict] told: recipients whom it reaches
        :param list[dict] lost: recipients whom it does not reach
        :return: why a message reaches the customer not at all, or not in Viber
        :rtype: str | bool
        """
        # sudo: the contact may be of another team
        record = self.sudo()
        customer = record.viber_customer_id
        in_viber = {r["id"] for r in told if r["notif"] == "viber"}
        if customer.id in in_viber:
            return False
        if record.viber_is_detached:
            return self.env._(
                "This customer is not the contact of the Viber customer: answers do "
                "not reach Viber."
            )
        return (customer or lost) and self.viber_warning

    # -- Files -------------------------------------------------------------------

    @api.model
    def _viber_file_words(self):
        """:return: what an agent is told of the ways in which a file may leave
        :rtype: dict[str, str]
        """
        days = self.env["ir.config_parameter"]._viber_int(
            const.MEDIA_LINK_DAYS_PARAMETER, const.MEDIA_LINK_DAYS
        )
        return {
            "picture": self.env._("goes as a picture"),
            "scaled": self.env._("goes as a picture, scaled to 1 MB"),
            "video": self.env._("goes as a video"),
            "file": self.env._("goes as a file"),
            "link": self.env._("goes as a link for %s days", days),
            "url": self.env._("goes as a link"),
        }

    def viber_composer_files(self, attachment_ids):
        """Tell as what files would leave for Viber, by their type and size.

        :param list[int] attachment_ids: files; those that the user may not read are
            left out
        :return: dict: what an agent is told, by the id of the file as text
        :raise AccessError: when the user is no employee who may read the record
        """
        self.ensure_one()
        self._viber_check_reader()
        # sudo: agents need not see the account
        account = self.sudo().viber_account_id
        if not account:
            return {}
        files = self.env["ir.attachment"].browse(attachment_ids).exists()
        words = self._viber_file_words()
        return {
            str(file.id): words[file._viber_fate(account)]
            for file in files._filtered_access("read")
        }


def _is_in_viber(recipient):
    """:return: whether a message reaches them in Viber; who has left and has no address
    gets one that fails
    """
    subscriber = recipient.get("viber_subscriber")
    return bool(subscriber and subscriber.is_subscribed)


def _is_mailed(recipient):
    """:return: whether somebody of outside gets an e-mail"""
    return (
        recipient["notif"] == "email"
        and recipient["share"]
        and bool(recipient["email_normalized"])
    )
