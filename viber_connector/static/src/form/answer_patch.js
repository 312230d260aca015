import { Chatter } from "@mail/chatter/web_portal/chatter";

import { onMounted } from "@odoo/owl";
import { patch } from "@web/core/utils/patch";
import { useBus } from "@web/core/utils/hooks";

/** The composer opens for whoever presses "Answer", or came by "Write in Viber". */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        useBus(this.env.bus, "VIBER:ANSWER", ({ detail }) => this.answerViber(detail));
        onMounted(() => {
            const { record, threadId: id, threadModel: model } = this.props;
            if (record?.context?.viber_answer && id) {
                this.answerViber({ model, id });
            }
        });
    },

    answerViber({ model, id }) {
        if (model !== this.props.threadModel || id !== this.props.threadId) {
            return;
        }
        if (this.state.composerType === "message") {
            this.rootRef.el?.querySelector(".o-mail-Composer-input")?.focus();
        } else {
            this.toggleComposer("message");
        }
        this.rootRef.el?.scrollIntoView({ block: "start" });
    },
});
