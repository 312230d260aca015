import { Attachment } from "@mail/core/common/attachment_model";
import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread_model";

import { registry } from "@web/core/registry";
import { patch } from "@web/core/utils/patch";

patch(Thread.prototype, {
    setup() {
        super.setup();
        /** The record is a conversation, or its customer is known in Viber. */
        this.isViber = fields.Attr(false);
        /** @type {import("./composer_words").ViberInfo|undefined} */
        this.viberInfo = fields.Attr(undefined);
    },

    /** @returns {Object[]} whom the agent has named beside the followers */
    get viberNamed() {
        return [...this.suggestedRecipients, ...this.additionalRecipients];
    },

    /** @returns {boolean} whether all of them get it as followers already */
    get isViberComplete() {
        const told = this.viberInfo?.told ?? [];
        return this.viberNamed.every(({ partner_id }) => told.includes(partner_id));
    },
});

patch(Attachment.prototype, {
    setup() {
        super.setup();
        /** @type {string|undefined} as what it leaves for Viber, in words */
        this.viberFate = fields.Attr(undefined);
    },
});

/** Asks the server where a text would go, and what becomes of its files. */
export const viberComposerService = {
    dependencies: ["orm", "mail.store"],

    start(env, { orm, "mail.store": store }) {
        const underway = new Map();

        async function ask(thread, call) {
            do {
                call.isOutdated = false;
                const named = thread.viberNamed.map(({ partner_id }) => partner_id);
                thread.viberInfo = await orm.silent.call(
                    thread.model,
                    "viber_composer_info",
                    [[thread.id], named.filter(Boolean)]
                );
            } while (call.isOutdated);
        }

        return {
            /**
             * Have `thread.viberInfo` be true. While one call is on its way, many wishes
             * are one more.
             */
            async load(thread) {
                const call = underway.get(thread.localId);
                if (call) {
                    call.isOutdated = true;
                    return;
                }
                const mine = { isOutdated: false };
                underway.set(thread.localId, mine);
                try {
                    await ask(thread, mine);
                } catch {
                    // No connection, no right any more: say nothing rather than what was.
                    thread.viberInfo = undefined;
                } finally {
                    underway.delete(thread.localId);
                }
            },

            /** @returns {boolean} whether what is known of it may be true no more */
            isAsking(thread) {
                return underway.has(thread.localId);
            },

            /** Have `viberFate` of these files be known, each asked for once. */
            async loadFiles(model, id, fileIds) {
                const files = fileIds.map((fileId) =>
                    store["ir.attachment"].insert({ id: fileId })
                );
                const unknown = files.filter((file) => file.viberFate === undefined);
                if (!unknown.length) {
                    return;
                }
                unknown.forEach((file) => (file.viberFate = ""));
                const ids = unknown.map((file) => file.id);
                const words = await orm.silent
                    .call(model, "viber_composer_files", [[id], ids])
                    .catch(() => ({}));
                unknown.forEach((file) => (file.viberFate = words[file.id] ?? ""));
            },
        };
    },
};
registry.category("services").add("viber_connector.composer", viberComposerService);
