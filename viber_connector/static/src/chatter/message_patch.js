import { Message } from "@mail/core/common/message";

import { markEventHandled } from "@web/core/utils/misc";
import { patch } from "@web/core/utils/patch";
import { usePopover } from "@web/core/popover/popover_hook";

import { ViberNotificationPopover } from "./notification_popover";

patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        this.viberPopover = usePopover(ViberNotificationPopover, { position: "top" });
    },

    onClickViber(ev) {
        const message = this.message;
        if (message.failureNotifications.length > 0) {
            markEventHandled(ev, "Message.ClickFailure");
        }
        this.viberPopover.open(ev.currentTarget, { message });
    },

    /** "Try again" beside a file that could not be fetched is a button, not a link. */
    onClick(ev) {
        const link = ev.target.closest("a.o_viber_fetch_again");
        if (!link) {
            return super.onClick(...arguments);
        }
        ev.preventDefault();
        ev.stopPropagation();
        const id = Number(link.dataset.oeId);
        return this.env.services.orm.call("viber.media", "action_retry", [[id]]);
    },
});
