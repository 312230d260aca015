import { Component } from "@odoo/owl";
import { deserializeDateTime, formatDateTime } from "@web/core/l10n/dates";
import { _t } from "@web/core/l10n/translation";
import { registry } from "@web/core/registry";
import { standardFieldProps } from "@web/views/fields/standard_field_props";

const SIGNS = {
    problem: { icon: "fa-times-circle text-danger", label: _t("Problem") },
    warning: { icon: "fa-exclamation-triangle text-warning", label: _t("Warning") },
    ok: { icon: "fa-check-circle text-success", label: _t("Fine") },
};

/** What was looked at of an account: what needs somebody is said at once, the rest on
 * demand. */
export class ViberHealth extends Component {
    static template = "viber_connector.Health";
    static props = { ...standardFieldProps };

    get checks() {
        return this.props.record.data[this.props.name] || [];
    }

    get troubles() {
        return this.checks.filter((check) => check.level !== "ok");
    }

    get fine() {
        return this.checks.filter((check) => check.level === "ok");
    }

    get summary() {
        return this.troubles.length
            ? _t("%s others are fine", this.fine.length)
            : _t("All is well: %s checks", this.fine.length);
    }

    sign(check) {
        return SIGNS[check.level];
    }

    date(check) {
        return _t("Looked at %s", formatDateTime(deserializeDateTime(check.date)));
    }
}

registry.category("fields").add("viber_health", {
    component: ViberHealth,
    displayName: _t("Health of a Viber account"),
    supportedTypes: ["json"],
});
