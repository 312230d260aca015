import { Component, markup } from "@odoo/owl";

import { _t } from "@web/core/l10n/translation";

import { caution, whereTo } from "./composer_words";

const ICONS = {
    email: "fa fa-envelope-o",
    none: "fa fa-ban",
    note: "fa fa-lock",
    viber: "o-viber-icon",
};

/** Says in words where a text goes. */
export class ViberComposerLine extends Component {
    static template = "viber_connector.ComposerLine";
    static props = {
        info: { type: Object, optional: true },
        isNote: { type: Boolean, optional: true },
        onAdd: { type: Function, optional: true },
    };

    /** @returns {string} what it is like: a channel, `note`, or that it is not known */
    get kind() {
        return this.props.isNote ? "note" : this.props.info?.channel || "unknown";
    }

    get icon() {
        return ICONS[this.kind];
    }

    get words() {
        if (this.props.isNote) {
            return _t("Stays inside");
        }
        const { info } = this.props;
        return info ? whereTo(info, (name) => markup`<b>${name}</b>`) : "…";
    }

    get caution() {
        const { info, isNote } = this.props;
        return !isNote && info ? caution(info) : "";
    }
}
