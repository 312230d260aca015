import { fields } from "@mail/core/common/record";
import { Message } from "@mail/core/common/message_model";
import { Notification } from "@mail/core/common/notification_model";
import { getNonEditableMentions } from "@mail/utils/common/format";

import { markup } from "@odoo/owl";
import { htmlJoin, isHtmlEmpty } from "@web/core/utils/html";
import { patch } from "@web/core/utils/patch";

import { findMentions } from "../composer/mention_dialog";
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
     * @returns {Promise<{told: String|false, aside: "note"|"message"|undefined}>} a
     *  sentence on whom it has reached already; what was set aside: a note that was being
     *  written, or what came back, as the agent had begun to write a note meanwhile
     */
    async viberUndo() {
        const { store, thread } = this;
        const { composer } = thread;
        const mentioned = { partners: [...this.partner_ids], roles: [...this.viberRoles] };
        const written = String(composer.composerHtml);
        const { orm } = store.env.services;
        const answer = await orm.call("mail.message", "viber_undo", [[this.id]]);
        // What is being posted is cleared from the composer when it has been.
        await thread.viberPosting?.catch(() => {});
        const html = getNonEditableMentions(asComposed(answer.body));
        if (this.exists()) {
            this.delete();
        }
        if (thread.viberDraftType === "note" && String(composer.composerHtml) !== written) {
            const files = await readFiles(store, answer.attachment_ids);
            thread.viberAside = joinDrafts({ html, files, ...mentioned }, thread.viberAside);
            return { told: answer.told, aside: "message" };
        }
        const isNoteAside = thread.viberSetNoteAside();
        // What is being written to the customer meanwhile stays, below.
        const drafts = [html, composer.composerHtml].filter((text) => !isHtmlEmpty(text));
        composer.mentionedPartners.add(...mentioned.partners);
        composer.mentionedRoles.add(...mentioned.roles);
        composer.composerHtml = htmlJoin(drafts, markup`<br>`);
        const end = composer.composerText.length;
        Object.assign(composer.selection, { start: end, end, direction: "none" });
        composer.autofocus++;
        composer.attachments.add(...(await readFiles(store, answer.attachment_ids)));
        return { told: answer.told, aside: isNoteAside ? "note" : undefined };
    },

    /** @returns {Object[]} the roles that it mentions */
    get viberRoles() {
        const { roles } = findMentions(this.body);
        return roles.map(({ id }) => this.store["res.role"].get(id)).filter(Boolean);
    },
});

/** @returns {Object} what came back above what was kept already, as one draft */
function joinDrafts(draft, kept) {
    if (!kept) {
        return draft;
    }
    return {
        html: htmlJoin([draft.html, kept.html], markup`<br>`),
        files: [...draft.files, ...kept.files],
        partners: [...draft.partners, ...kept.partners],
        roles: [...draft.roles, ...kept.roles],
    };
}

/** @returns {Promise<Object[]>} the files: of no record any more, but of a composer */
async function readFiles(store, ids) {
    const files = store["ir.attachment"];
    // Copies of those that stay where they are.
    const unknown = ids.filter((id) => !files.get(id));
    if (unknown.length) {
        const names = ["name", "mimetype", "checksum", "file_size"];
        const { orm } = store.env.services;
        files.insert(await orm.read("ir.attachment", unknown, names));
    }
    return ids.map((id) => files.insert({ id, message: undefined, thread: undefined }));
}
