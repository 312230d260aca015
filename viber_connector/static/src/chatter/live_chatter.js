import { Chatter } from "@mail/chatter/web_portal/chatter";

import { useEffect, useState } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";

/** A chatter listens to what happens in its conversation. */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        const bus = useService("bus_service");
        const live = useService("viber_connector.live");
        const reload = (place) => this.reloadViberRecord(place);
        // A record that is no conversation costs no channel. One that is going to be gets
        // its channel when it is saved: before, the server would refuse it.
        const viber = useState({ isConversation: false });
        useRecordObserver((record) => {
            const { data, dirty } = record;
            viber.isConversation =
                Boolean(data.viber_account_id) && (viber.isConversation || !dirty);
        });
        useEffect(
            (model, id, isConversation) => {
                if (!id || !isConversation) {
                    return;
                }
                live.listen(model, id);
                bus.subscribe("viber_connector/reload", reload);
                return () => {
                    bus.unsubscribe("viber_connector/reload", reload);
                    live.leave(model, id);
                };
            },
            () => [this.props.threadModel, this.props.threadId, viber.isConversation]
        );
    },

    /** What the form tells about the customer has changed; edits are not lost for it. */
    async reloadViberRecord({ model, id }) {
        const { record, threadId, threadModel } = this.props;
        if (model !== threadModel || id !== threadId || !record) {
            return;
        }
        if (!(await record.isDirty())) {
            await record.load();
        }
    },
});

/** Fetches new messages of the conversations that are open. */
export const viberLiveService = {
    dependencies: ["bus_service", "mail.store"],

    start(env, { bus_service: bus, "mail.store": store }) {
        const hidden = new Map();
        const listeners = new Map();

        function channel(model, id) {
            return `viber_conversation_${model}_${id}`;
        }

        function refresh(place) {
            const thread = store.Thread.get(place);
            if (thread?.isLoaded) {
                thread.fetchThreadData(["messages", "attachments", "followers"]);
            }
        }

        bus.subscribe("viber_connector/refresh", (place) => {
            // Fetching marks messages as read: not while nobody looks.
            if (document.visibilityState === "visible") {
                refresh(place);
            } else {
                hidden.set(channel(place.model, place.id), place);
            }
        });
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                hidden.forEach(refresh);
                hidden.clear();
            }
        });

        // A record may be open twice, e.g. in a dialog: the last one closes the channel.
        return {
            listen(model, id) {
                const name = channel(model, id);
                const count = listeners.get(name) || 0;
                listeners.set(name, count + 1);
                if (!count) {
                    bus.addChannel(name);
                }
            },
            leave(model, id) {
                const name = channel(model, id);
                const count = listeners.get(name) - 1;
                listeners.set(name, count);
                if (!count) {
                    bus.deleteChannel(name);
                }
            },
        };
    },
};
registry.category("services").add("viber_connector.live", viberLiveService);
