import { MessageNotificationPopover } from "@mail/core/common/message_notification_popover";

import { onWillStart } from "@odoo/owl";
import { deserializeDateTime, toLocaleDateTimeString } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";

/** The fate of a message for each of its recipients, and what can be done about it. */
export class ViberNotificationPopover extends MessageNotificationPopover {
    static template = "viber_connector.NotificationPopover";

    setup() {
        super.setup();
        this.orm = useService("orm");
        this.parts = [];
        onWillStart(async () => {
            const ids = [this.props.message.id];
            this.parts = await this.orm.call("mail.message", "viber_parts", [ids]);
        });
    }

    /** What became of each part of a message, where it has several. */
    partsOf(notification) {
        return this.parts.filter((part) => part.notification_id === notification.id);
    }

    /** Why it is as it is, unless its parts say that, each for itself. */
    reasonOf(notification) {
        const reason = notification.viberReason;
        const parts = this.partsOf(notification);
        if (reason) {
            const isOfAll = parts.every((part) => part.reason === reason);
            return isOfAll || !parts.some((part) => part.reason) ? reason : "";
        }
        const isHeld = notification.viberHoldEnd > Date.now();
        if (!isHeld || notification.notification_status !== "ready") {
            return "";
        }
        return this.props.message.isSelfAuthored
            ? _t("It leaves by itself in a moment. Undo takes it back into the text field.")
            : _t("It leaves by itself in a moment.");
    }

    timeOf(part) {
        return part.date ? toLocaleDateTimeString(deserializeDateTime(part.date)) : "";
    }

    get notifications() {
        return this.props.message.notification_ids.filter((notif) => notif.isViber);
    }

    get others() {
        return this.props.message.notification_ids.filter((notif) => !notif.isViber);
    }

    get canSendAgain() {
        return this.notifications.some(
            (notif) => notif.isFailure && !notif.isViberInVain
        );
    }

    get canConfirm() {
        return this.notifications.some((notif) => notif.isViberUncertain);
    }

    get canCancel() {
        return this.notifications.some(
            (notif) => notif.notification_status === "ready" || notif.isViberBare
        );
    }

    async act(method) {
        this.props.close?.();
        await this.orm.call("mail.message", method, [[this.props.message.id]]);
    }
}
