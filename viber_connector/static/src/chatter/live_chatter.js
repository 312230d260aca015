import { Chatter } from "@mail/chatter/web_portal/chatter";

import { useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { registry } from "@web/core/registry";
import { useBus, useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";

// Milliseconds within which all that are open read what an account's state means.
const ACCOUNT_SPREAD = 1000;

// Milliseconds after which one looks again whether a fetch that is under way has ended.
const AGAIN = 200;

/** A chatter listens to what happens in its conversation. */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        const bus = useService("bus_service");
        const live = useService("viber_connector.live");
        const reload = (what) => this.reloadViberRecord(what);
        const reloadThis = () => {
            const { threadModel: model, threadId: id } = this.props;
            return this.reloadViberRecord({ model, id });
        };
        let timer = null;
        // All conversations of an account hear of it together: not all ask at once.
        const reloadSoon = ({ account_id: id }) => {
            if (id && id === viber.accountId && timer === null) {
                timer = browser.setTimeout(() => {
                    timer = null;
                    reloadThis();
                }, Math.random() * ACCOUNT_SPREAD);
            }
        };
        // A record that is no conversation costs no channel. One that is going to be gets
        // its channel when it is saved: before, the server would refuse it.
        const viber = useState({ isConversation: false, accountId: false });
        useRecordObserver((record) => {
            const { data, dirty } = record;
            viber.isConversation =
                Boolean(data.viber_account_id) && (viber.isConversation || !dirty);
            viber.accountId = viber.isConversation && data.viber_account_id.id;
            if (!dirty && this.viberIsStale) {
                this.viberIsStale = false;
                reloadThis();
            }
        });
        // Nobody knows what was missed.
        useBus(bus, "BUS:RECONNECT", () => viber.isConversation && reloadThis());
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
        useEffect(
            (id) => {
                if (!id) {
                    return;
                }
                live.join(`viber_account_${id}`);
                bus.subscribe("viber_connector/reload", reloadSoon);
                return () => {
                    bus.unsubscribe("viber_connector/reload", reloadSoon);
                    browser.clearTimeout(timer);
                    timer = null;
                    live.quit(`viber_account_${id}`);
                };
            },
            () => [this.props.threadId && viber.accountId]
        );
    },

    /** What the form tells about the customer has changed. Edits are not lost for it: it
     * is read when they are saved or discarded. */
    async reloadViberRecord({ model, id }) {
        const { record, threadId, threadModel } = this.props;
        if (model !== threadModel || id !== threadId || !record) {
            return;
        }
        this.viberIsStale = await record.isDirty();
        if (!this.viberIsStale) {
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
        const places = new Map();
        const waiting = new Map();

        function channel(model, id) {
            return `viber_conversation_${model}_${id}`;
        }

        // A thread that is fetching asks no second time, and what it asked before may not
        // hold what has arrived since.
        function refreshAfter(place) {
            const name = channel(place.model, place.id);
            browser.clearTimeout(waiting.get(name));
            waiting.set(
                name,
                browser.setTimeout(() => {
                    waiting.delete(name);
                    refreshSoon(place);
                }, AGAIN)
            );
        }

        function refresh(place) {
            const thread = store.Thread.get(place);
            if (thread?.status === "loading") {
                refreshAfter(place);
            } else if (thread?.isLoaded) {
                thread.fetchThreadData(["messages", "attachments", "followers"]);
            }
        }

        // Fetching marks messages as read: not while nobody looks.
        function refreshSoon(place) {
            if (document.visibilityState === "visible") {
                refresh(place);
            } else {
                hidden.set(channel(place.model, place.id), place);
            }
        }

        bus.subscribe("viber_connector/refresh", refreshSoon);
        // Nobody knows what was missed.
        bus.addEventListener("BUS:RECONNECT", () => {
            places.forEach(refreshSoon);
        });
        document.addEventListener("visibilitychange", () => {
            if (document.visibilityState === "visible") {
                hidden.forEach(refresh);
                hidden.clear();
            }
        });

        // Something may be open twice, e.g. in a dialog: the last one closes the channel.
        function join(name) {
            const count = listeners.get(name) || 0;
            listeners.set(name, count + 1);
            if (!count) {
                bus.addChannel(name);
            }
        }

        function quit(name) {
            const count = listeners.get(name) - 1;
            listeners.set(name, count);
            if (!count) {
                bus.deleteChannel(name);
            }
        }

        return {
            join,
            quit,
            listen(model, id) {
                const name = channel(model, id);
                places.set(name, { model, id });
                join(name);
            },
            leave(model, id) {
                const name = channel(model, id);
                quit(name);
                if (!listeners.get(name)) {
                    places.delete(name);
                }
            },
        };
    },
};
registry.category("services").add("viber_connector.live", viberLiveService);
