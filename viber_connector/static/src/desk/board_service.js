import { reactive } from "@odoo/owl";
import { registry } from "@web/core/registry";
import { Deferred } from "@web/core/utils/concurrency";
import { session } from "@web/session";

import { Pace } from "./pace";

/**
 * Hears that conversations have changed: boards and lists are read again, and the
 * counter of who waits for the user. Only agents have it, and it costs nobody else.
 */
export const viberBoardService = {
    dependencies: ["bus_service", "orm"],

    start(env, { bus_service: bus, orm }) {
        const state = reactive({ desks: [] });
        const ready = new Deferred();
        const listeners = new Map();
        const views = new Set();

        const counter = new Pace(
            async () => {
                state.desks = await orm.silent.call(
                    "viber.conversation.mixin",
                    "viber_waiting_for_me",
                    []
                );
                ready.resolve();
            },
            () => document.visibilityState !== "visible"
        );

        /** @param {string} [model] of which something has changed; all by default */
        function tell(model) {
            for (const view of views) {
                if (!model || view.model === model) {
                    view.pace.ask();
                }
            }
        }

        if (session.viber_is_agent) {
            bus.subscribe("viber_connector/board", ({ model }) => tell(model));
            bus.subscribe("viber_connector/counter", ({ model }) => {
                counter.ask();
                tell(model);
            });
            // Nobody knows what was missed.
            bus.addEventListener("BUS:RECONNECT", () => {
                counter.ask();
                tell();
            });
            counter.ask();
        }

        return {
            state,
            /** Resolved when it is known where conversations stand. */
            ready,
            isAgent: Boolean(session.viber_is_agent),
            tell,
            /** Names of those that are open. */
            get channels() {
                return [...listeners.keys()].filter((name) => listeners.get(name));
            },

            /**
             * @param {string} model
             * @returns {Object | undefined} what is known of a model's conversations
             */
            desk(model) {
                return state.desks.find((desk) => desk.model === model);
            },
            /** @param {{model: string, pace: Pace}} view that is shown */
            add(view) {
                views.add(view);
            },
            remove(view) {
                view.pace.stop();
                views.delete(view);
            },
            listen(name) {
                const count = listeners.get(name) || 0;
                listeners.set(name, count + 1);
                if (!count) {
                    bus.addChannel(name);
                }
            },
            // Of several views that listen to a channel the last one closes it.
            leave(name) {
                const count = listeners.get(name) - 1;
                listeners.set(name, count);
                if (!count) {
                    bus.deleteChannel(name);
                }
            },
        };
    },
};
registry.category("services").add("viber_connector.board", viberBoardService);
