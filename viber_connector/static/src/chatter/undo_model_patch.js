import { fields } from "@mail/core/common/record";
import { Message } from "@mail/core/common/message_model";
import { Notification } from "@mail/core/common/notification_model";
import { getNonEditableMentions } from "@mail/utils/common/format";

import { markup } from "@odoo/owl";
import { htmlJoin, isHtmlEmpty } from "@web/core/utils/html";
import { patch } from "@web/core/utils/patch";

import { asComposed } from "./undo_text";

patch(Notification.prototype, {
    setup() {
        super.setup(...arguments);
        // Seconds that were left when the server said so; its clock is not this one.
        this.viber_hold_seconds = fields.Attr(0, {
            onUpdate() {
                const left = this.viber_hold_seconds;
                this.viberHoldEnd = left ? Date.now() + left * 1000 : 0;
            },
        });
        /** By the clock of this machine, in milliseconds. */
        this.viberHoldEnd = 0;
    },
});

patch(Message.prototype, {
    /**
     * Until when Undo is offered, by the clock of this machine; 0: not at all.
     *
     * @returns {Number} milliseconds
     */
    get viberHoldEnd() {
        if (!this.isSelfAuthored) {
            return 0;
        }
        const ends = this.notification_ids
            .filter((notif) => notif.isViber && notif.notification_status === "ready")
            .map((notif) => notif.viberHoldEnd)
            .filter(Boolean);
        return ends.length ? Math.min(...ends) : 0;
    },

    /**
     * Take this back from chatter and outbox into the composer of its conversation.
     *
     * Nothing here hangs on a component: the bus may remove the message, and what shows
     * it, before the server's answer is here.
     *
     * @returns {Promise<{told: String|false, isNoteAside: boolean}>} a sentence on whom
     *  it has reached already; whether a note that was being written was set aside
     */
    async viberUndo() {
        const { thread } = this;
        const { composer } = thread;
        const mentioned = [...this.partner_ids];
        const { orm } = this.store.env.services;
        const answer = await orm.call("mail.message", "viber_undo", [[this.id]]);
        const html = getNonEditableMentions(asComposed(answer.body));
        const isNoteAside = thread.viberSetNoteAside();
        // What is being written to the customer meanwhile stays, below.
        const drafts = [html, composer.composerHtml].filter((text) => !isHtmlEmpty(text));
        composer.mentionedPartners.add(...mentioned);
        composer.composerHtml = htmlJoin(drafts, markup`<br>`);
        const end = composer.composerText.length;
        Object.assign(composer.selection, { start: end, end, direction: "none" });
        composer.autofocus++;
        const { store } = this;
        if (this.exists()) {
            this.delete();
        }
        await addFiles(store, composer, answer.attachment_ids);
        return { told: answer.told, isNoteAside };
    },
});

/** They are of no record any more, but of the composer. */
async function addFiles(store, composer, ids) {
    const files = store["ir.attachment"];
    // Copies of those that stay where they are.
    const unknown = ids.filter((id) => !files.get(id));
    if (unknown.length) {
        const names = ["name", "mimetype", "checksum", "file_size"];
        const { orm } = store.env.services;
        files.insert(await orm.read("ir.attachment", unknown, names));
    }
    for (const id of ids) {
        const file = files.insert({ id, message: undefined, thread: undefined });
        composer.attachments.add(file);
    }
}
