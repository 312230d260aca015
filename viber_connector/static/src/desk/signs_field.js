import { Component } from "@odoo/owl";
import { formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

import { useClock } from "./clock";

const HOUR = 60;
const DAY = 24 * HOUR;

/** How long a customer has been waiting, by its age in colour, and whether a message
 * did not reach them, whether they have left or are blocked. It goes on by itself, and shows nothing of what is no
 * conversation. */
export class ViberSigns extends Component {
    static template = "viber_connector.Signs";
    static props = { ...standardFieldProps, hasSign: { type: Boolean, optional: true } };

    setup() {
        if (this.desk) {
            this.clock = useClock();
        }
    }

    get desk() {
        return this.props.record.data.viber_desk;
    }

    get isUndelivered() {
        return this.desk.undelivered;
    }

    /** A customer who has left or is blocked: what is seen of it, and what it means. */
    get gone() {
        switch (this.desk.state) {
            case "left":
                return {
                    icon: "fa fa-sign-out",
                    label: _t("Left"),
                    title: _t("The customer has left: nothing reaches them in Viber"),
                };
            case "blocked":
                return {
                    icon: "fa fa-ban",
                    label: _t("Blocked"),
                    title: _t("The customer is blocked: what they write does not come in"),
                };
        }
    }

    get since() {
        return this.props.record.data[this.props.name];
    }

    get minutes() {
        // The customer's and the server's clock may be ahead of this one.
        const now = this.clock ? this.clock.now : Date.now();
        return Math.max(0, Math.floor((now - this.since.toMillis()) / 60_000));
    }

    get age() {
        const minutes = this.minutes;
        if (minutes < HOUR) {
            return _t("%s min", minutes);
        }
        if (minutes < DAY) {
            return _t("%s h", Math.floor(minutes / HOUR));
        }
        return _t("%s d", Math.floor(minutes / DAY));
    }

    get color() {
        const { danger, warning } = this.desk;
        if (this.minutes >= danger) {
            return "text-bg-danger";
        }
        return this.minutes >= warning ? "text-bg-warning" : "text-bg-secondary";
    }

    get title() {
        return _t("Waiting since %s", formatDateTime(this.since));
    }
}

registry.category("fields").add("viber_signs", {
    component: ViberSigns,
    displayName: _t("Waiting in Viber"),
    supportedTypes: ["datetime"],
    supportedOptions: [
        { label: _t("Viber's sign beside it"), name: "sign", type: "boolean" },
    ],
    fieldDependencies: [{ name: "viber_desk", type: "json" }],
    extractProps: ({ options }) => ({ hasSign: Boolean(options.sign) }),
});
