import { Chatter } from "@mail/chatter/web_portal/chatter";

import { useEffect, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";

const MODEL = "project.task";

/** A chatter listens to what happens in its conversation. */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        const bus = useService("bus_service");
        const live = useService("viber_connector.live");
        const reload = ({ id }) => this.reloadViberRecord(id);
        // A task that is no conversation costs no channel. One that is going to be gets
        // its channel when it is saved: before, the server would refuse it.
        const viber = useState({ isConversation: false });
        useRecordObserver((record) => {
            const { data, dirty } = record;
            viber.isConversation =
                Boolean(data.viber_account_id) && (viber.isConversation || !dirty);
        });
        useEffect(
            (model, id, isConversation) => {
                if (model !== MODEL || !id || !isConversation) {
                    return;
                }
                live.listen(id);
                bus.subscribe("viber_connector/reload", reload);
                return () => {
                    bus.unsubscribe("viber_connector/reload", reload);
                    live.leave(id);
                };
            },
            () => [this.props.threadModel, this.props.threadId, viber.isConversation]
        );
    },

    /** What the form tells about the customer has changed; edits are not lost for it. */
    async reloadViberRecord(id) {
        const record = this.props.record;
        if (id === this.props.threadId && record && !(await record.isDirty())) {
            await record.load();
        }
    },
});

/** Fetches new messages of the conversations that are open. */
export const viberLiveService = {
    dependencies: ["bus_service", "mail.store"],

    start(env, { bus_service: bus, "mail.store": store }) {
        const hidden = new Set();
        const listeners = new Map();

        function refresh(id) {
            const thread = store.Thread.get({ model: MODEL, id });
            if (thread?.isLoaded) {
                thread.fetchThreadData(["messages", "attachments", "followers"]);
            }
        }

        bus.subscribe("viber_connector/refresh", ({ id }) => {
            // Fetching marks messages as read: not while nobody looks.
            if (document.visibilityState === "visible") {
                refresh(id);
            } else {
                hidden.add(id);
            }
        });
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                hidden.forEach(refresh);
                hidden.clear();
            }
        });

        // A task may be open twice, e.g. in a dialog: the last one closes the channel.
        return {
            listen(id) {
                const count = listeners.get(id) || 0;
                listeners.set(id, count + 1);
                if (!count) {
                    bus.addChannel(`viber_task_${id}`);
                }
            },
            leave(id) {
                const count = listeners.get(id) - 1;
                listeners.set(id, count);
                if (!count) {
                    bus.deleteChannel(`viber_task_${id}`);
                }
            },
        };
    },
};
registry.category("services").add("viber_connector.live", viberLiveService);
