import { Chatter } from "@mail/chatter/web_portal/chatter";
import { fields } from "@mail/core/common/record";
import { Thread } from "@mail/core/common/thread_model";

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
    const draft = { html: composer.composerHtml, files: [...composer.attachments] };
    const isEmpty = isHtmlEmpty(draft.html) && !draft.files.length;
    thread.viberAside = isEmpty ? undefined : draft;
    composer.clear();
    if (viberAside) {
        composer.composerHtml = viberAside.html;
        composer.attachments.add(...viberAside.files);
    }
}

patch(Chatter.prototype, {
    toggleComposer(mode = false) {
        if (mode) {
            this.state.thread.viberWriteAs(mode);
        }
        return super.toggleComposer(...arguments);
    },
});
