import { registry } from "@web/core/registry";
import { session } from "@web/session";

import { Pace } from "../desk/pace";

const WORST = ["problem", "warning"];

/**
 * Shows the worst health of all accounts on the Viber menu, to managers: the style sheet
 * marks the entries. It is asked for once, and again when the server says that it has
 * changed.
 */
export const viberHealthService = {
    dependencies: ["bus_service", "orm"],

    start(env, { bus_service: bus, orm }) {
        if (!session.viber_is_manager) {
            return;
        }
        const pace = new Pace(async () => {
            const accounts = await orm.silent.searchRead("viber.account", [], ["health"]);
            const found = new Set(accounts.map((account) => account.health));
            document.body.dataset.viberHealth =
                WORST.find((level) => found.has(level)) || "ok";
        });
        bus.subscribe("viber_connector/health", () => pace.ask());
        // Nobody knows what was missed.
        bus.addEventListener("BUS:RECONNECT", () => pace.ask());
        pace.ask();
    },
};
registry.category("services").add("viber_connector.health", viberHealthService);
