import { Message } from "@mail/core/common/message";

import { patch } from "@web/core/utils/patch";

patch(Message.prototype, {
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
