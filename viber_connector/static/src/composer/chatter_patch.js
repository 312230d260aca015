import { Chatter } from "@mail/chatter/web_portal/chatter";
import { RecipientsInput } from "@mail/core/web/recipients_input";

import { useEffect, useState } from "@odoo/owl";
import { _t } from "@web/core/l10n/translation";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";

import { ViberComposerLine } from "./composer_line";

Object.assign(Chatter.components, { ViberComposerLine });

// What decides where a text goes, as far as the form knows it.
const DECISIVE = [
    "viber_account_id",
    "viber_is_detached",
    "viber_is_possible",
    "viber_subscriber_id",
    "viber_warning",
];

function plain(value) {
    return value?.id ?? value;
}

/** The composer of a conversation says where a text goes, and hears when that changes. */
patch(Chatter.prototype, {
    setup() {
        super.setup(...arguments);
        this.viberComposer = useService("viber_connector.composer");
        this.viberState = useState({ isViber: false, known: "", isAdding: false });
        useRecordObserver(({ data, dirty }) => {
            // Of others nothing is asked. What is not saved yet decides nothing.
            const known = JSON.stringify(DECISIVE.map((name) => plain(data[name])));
            this.viberState.isViber = Boolean(
                data.viber_account_id || data.viber_is_possible
            );
            if (!dirty) {
                this.viberState.known = known;
            }
        });
        useEffect(
            (thread, isViber) => {
                if (thread) {
                    thread.isViber = isViber;
                }
            },
            () => [this.state.thread, this.viberState.isViber]
        );
        useEffect(
            (thread, isAsked) => {
                if (isAsked) {
                    this.viberComposer.load(thread);
                }
            },
            () => {
                const { composerType, thread } = this.state;
                const isAsked =
                    thread?.id && this.viberState.isViber && composerType === "message";
                return [
                    thread,
                    isAsked,
                    this.viberState.known,
                    isAsked && thread.followersCount,
                    isAsked && thread.viberNamed.map((r) => r.partner_id).join(),
                ];
            }
        );
        useEffect(
            (type) => {
                this.viberState.isAdding = false;
            },
            () => [this.state.composerType]
        );
    },

    /** What decides where a text goes may have changed, whatever the form shows. */
    async reloadViberRecord({ model, id }) {
        await super.reloadViberRecord(...arguments);
        const { composerType, thread } = this.state;
        if (thread?.model === model && thread.id === id && composerType === "message") {
            await this.viberComposer.load(thread);
        }
    },

    /** @returns {boolean} whether the field for recipients is needed */
    get isViberNaming() {
        const { thread } = this.state;
        return (
            this.viberState.isAdding || (thread.viberInfo && !thread.isViberComplete)
        );
    },

    onClickViberAdd() {
        this.viberState.isAdding = true;
    },
});

/** That followers get it says the line above. */
patch(RecipientsInput.prototype, {
    getPlaceholder() {
        const placeholder = super.getPlaceholder();
        return placeholder && this.props.thread.isViber
            ? _t("Choose contacts…")
            : placeholder;
    },
});
