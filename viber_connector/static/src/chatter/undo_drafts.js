import { Chatter } from "@mail/chatter/web_portal/chatter";
import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread_model";

import { _t } from "@web/core/l10n/translation";
import { isHtmlEmpty } from "@web/core/utils/html";
import { patch } from "@web/core/utils/patch";

/**
 * Odoo has one draft of a record, for messages and notes. What Undo brings back is public:
 * a note that is being written is set aside then, and neither is mixed with the other.
 */
patch(Thread.prototype, {
    setup() {
        super.setup();
        /** As what the text in the composer was begun; of others it is not known. */
        this.viberDraftType = fields.Attr(undefined);
        /** What is being written beside it, as the other type: text and files. */
        this.viberAside = fields.Attr(undefined);
        /** @type {Promise|undefined} while what is in the composer is being posted */
        this.viberPosting = undefined;
    },

    /** @returns {string|undefined} why no draft can be put in another's place now */
    get viberBusyWords() {
        if (this.viberPosting) {
            return _t("Your text is still being posted. Try again in a moment.");
        }
        if (this.composer.attachments.some(({ uploading }) => uploading)) {
            return _t("A file is still on its way. Try again when it is here.");
        }
    },

    /**
     * The composer opens.
     *
     * @param {"message"|"note"} type
     */
    viberWriteAs(type) {
        if (this.viberAside && this.viberDraftType !== type) {
            swapDrafts(this);
        }
        this.viberDraftType = type;
    },

    /**
     * Have the composer hold nothing but what is for the customer.
     *
     * @returns {boolean} whether a note was set aside
     */
    viberSetNoteAside() {
        if (this.viberDraftType === "message") {
            return false;
        }
        swapDrafts(this);
        this.viberDraftType = "message";
        return Boolean(this.viberAside);
    },
});

function swapDrafts(thread) {
    const { composer, viberAside } = thread;
    const draft = {
        html: composer.composerHtml,
        files: [...composer.attachments],
        partners: [...composer.mentionedPartners],
        roles: [...composer.mentionedRoles],
    };
    const isEmpty = isHtmlEmpty(draft.html) && !draft.files.length;
    thread.viberAside = isEmpty ? undefined : draft;
    composer.clear();
    composer.mentionedPartners = viberAside?.partners ?? [];
    composer.mentionedRoles = viberAside?.roles ?? [];
    if (viberAside) {
        composer.composerHtml = viberAside.html;
        composer.attachments.add(...viberAside.files);
    }
}

patch(Chatter.prototype, {
    toggleComposer(mode = false) {
        const { thread } = this.state;
        if (!mode) {
            return super.toggleComposer(...arguments);
        }
        if (thread.viberAside && thread.viberDraftType !== mode && thread.viberBusyWords) {
            // It would come into the other draft, or be cleared with it.
            const { notification } = this.env.services;
            notification.add(thread.viberBusyWords, { type: "warning" });
            return;
        }
        thread.viberWriteAs(mode);
        return super.toggleComposer(...arguments);
    },
});
