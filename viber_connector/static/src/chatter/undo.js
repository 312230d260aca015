import { Message } from "@mail/core/common/message";

import { Component, useEffect, useState } from "@odoo/owl";
import { browser } from "@web/core/browser/browser";
import { _t } from "@web/core/l10n/translation";

const TICK = 200;

/** Takes a message back while it waits, and shows how long it does. */
export class ViberUndo extends Component {
    static template = "viber_connector.Undo";
    static props = { message: Object };

    setup() {
        this.state = useState({ now: Date.now(), isBusy: false });
        useEffect(
            (isOpen) => {
                if (isOpen) {
                    const tick = () => (this.state.now = Date.now());
                    const ticking = browser.setInterval(tick, TICK);
                    return () => browser.clearInterval(ticking);
                }
            },
            () => [this.seconds > 0]
        );
    }

    get seconds() {
        const left = this.props.message.viberHoldEnd - this.state.now;
        return Math.max(Math.ceil(left / 1000), 0);
    }

    get title() {
        return _t("Back into the composer, before it leaves for Viber");
    }

    async onClick(ev) {
        ev.stopPropagation();
        // The button is drawn as disabled a moment later only.
        if (this.state.isBusy) {
            return;
        }
        const { inChatter, services } = this.env;
        const { message } = this.props;
        const { thread } = message;
        // What is being posted is waited for.
        if (thread.viberBusyWords && !thread.viberPosting) {
            services.notification.add(thread.viberBusyWords, { type: "warning" });
            return;
        }
        this.state.isBusy = true;
        try {
            const { told, aside } = await message.viberUndo();
            if (aside !== "message") {
                openComposer(inChatter, thread);
            }
            if (aside) {
                const kept =
                    aside === "note"
                        ? _t("Your note is kept: Log note brings it back.")
                        : _t("Your message is kept: Send message brings it back.");
                services.notification.add(kept, { type: "info" });
            }
            if (told) {
                services.notification.add(told, { type: "warning", sticky: true });
            }
        } finally {
            this.state.isBusy = false;
        }
    }
}

function openComposer(chatter, thread) {
    if (chatter?.thread?.eq(thread)) {
        chatter.toggleComposer("message", { force: true });
    }
}

Message.components = { ...Message.components, ViberUndo };
