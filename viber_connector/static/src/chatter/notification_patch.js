import { Notification } from "@mail/core/common/notification_model";
import { fields } from "@mail/core/common/record";

import { toRaw } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { patch } from "@web/core/utils/patch";

/** What a notification in Viber shows: its sign, its state, and the reason of a failure. */
patch(Notification.prototype, {
    setup() {
        super.setup(...arguments);
        /** Contacts of those who work on the conversation: failures are theirs, too. */
        this.viber_assignee_ids = [];
        /** Grows with each change. */
        this.viber_revision = 0;
        // As Odoo's, which knows of the author's alone.
        this.failure = fields.One("Failure", {
            inverse: "notifications",
            compute() {
                const me = this.store.self_partner?.id;
                const message = this.mail_message_id;
                const isMine =
                    message?.isSelfAuthored ||
                    (this.isViber && this.viber_assignee_ids?.includes(me));
                if (!isMine) {
                    return;
                }
                if (!this.isFailure) {
                    return false;
                }
                const { Failure } = this.store;
                const failure = Object.values(Failure.records).find(
                    (f) =>
                        f.resModel === message.thread?.model &&
                        f.type === this.notification_type &&
                        (f.resModel !== "discuss.channel" ||
                            f.resIds.has(message.thread?.id))
                );
                return { id: failure ? failure.id : Failure.nextId.value++ };
            },
            eager: true,
        });
    },
    /**
     * The bus is quicker than an answer that was read before and is still on its way:
     * what is known already stays.
     */
    update(data) {
        if (data?.viber_revision < toRaw(this).viber_revision) {
            return;
        }
        return super.update(...arguments);
    },
    get isViber() {
        return this.notification_type === "viber";
    },
    get isViberUncertain() {
        return this.isViber && this.isFailure && this.failure_type === "viber_uncertain";
    },
    /** Failed for what it says, or who says it: to send it again would change nothing. */
    get isViberInVain() {
        return (
            this.isViber &&
            this.isFailure &&
            ["viber_nothing", "viber_unknown"].includes(this.failure_type)
        );
    },
    /** Failed before anything of it was in the outbox. */
    get isViberBare() {
        return (
            this.isViberInVain ||
            (this.isViber && this.isFailure && this.failure_type === "viber_no_conversation")
        );
    },
    /** Kept: a copy of the database sends nothing. */
    get isViberInCopy() {
        return this.failure_type === "viber_copy";
    },
    get icon() {
        return this.isViber ? "o-viber-icon" : super.icon;
    },
    get label() {
        return this.isViber ? this.statusTitle : super.label;
    },
    get statusIcon() {
        if (!this.isViber) {
            return super.statusIcon;
        }
        if (this.isViberUncertain) {
            return "fa fa-question text-warning";
        }
        if (this.viber_seen_date) {
            return "o-viber-ticks o-viber-ticks-seen";
        }
        switch (this.notification_status) {
            case "ready":
                return this.isViberInCopy ? "fa fa-ban" : "fa fa-clock-o";
            case "pending":
                return "fa fa-check";
            case "sent":
                return "o-viber-ticks";
        }
        return super.statusIcon;
    },
    get statusTitle() {
        if (!this.isViber) {
            return super.statusTitle;
        }
        if (this.isViberUncertain) {
            return _t("May not have arrived");
        }
        if (this.viber_seen_date) {
            return _t("Seen");
        }
        switch (this.notification_status) {
            case "ready":
                return this.isViberInCopy ? _t("Not sent from a copy") : _t("Waiting");
            case "exception":
                return _t("Not delivered");
        }
        return super.statusTitle;
    },
    get failureMessage() {
        return (this.isViber && this.failure_reason) || super.failureMessage;
    },
    /** When the state was reached, by the agent's own clock. */
    get viberTime() {
        const date = this.viber_seen_date || this.viber_status_date;
        return date ? toLocaleDateTimeString(deserializeDateTime(date)) : "";
    },
    /** What happened and what to do, if there is more to say than the state. */
    get viberReason() {
        const isOpen = this.isFailure || this.notification_status === "ready";
        return (isOpen && this.failure_reason) || "";
    },
});
