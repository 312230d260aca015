import { Message } from "@mail/core/common/message_model";

import { patch } from "@web/core/utils/patch";

/** What is said in Viber can't be taken back, and what a customer says there is theirs. */
patch(Message.prototype, {
    setup() {
        super.setup(...arguments);
        /** Written by a customer who is known in Viber, in a conversation. */
        this.viber_by_customer = false;
    },

    /** @returns {boolean} whether the server would refuse to change it */
    get isViberFixed() {
        return (
            this.viber_by_customer ||
            this.notification_ids.some((notif) => notif.isViber && notif.viber_has_left)
        );
    },

    get editable() {
        return super.editable && !this.isViberFixed;
    },
});
