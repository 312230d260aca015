import { Component, useState } from "@odoo/owl";
import { Dropdown } from "@web/core/dropdown/dropdown";
import { DropdownItem } from "@web/core/dropdown/dropdown_item";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { session } from "@web/session";

/** How many customers wait for the user; a click shows who. */
export class ViberCounter extends Component {
    static template = "viber_connector.Counter";
    static components = { Dropdown, DropdownItem };
    static props = [];

    setup() {
        this.action = useService("action");
        this.state = useState(useService("viber_connector.board").state);
    }

    get count() {
        return this.state.desks.reduce((sum, desk) => sum + desk.count, 0);
    }

    open(desk) {
        this.action.doAction(desk.action, {
            additionalContext: { search_default_viber_waiting_for_me: 1 },
            clearBreadcrumbs: true,
        });
    }
}

if (session.viber_is_agent) {
    registry
        .category("systray")
        .add("viber_connector.counter", { Component: ViberCounter }, { sequence: 22 });
}
