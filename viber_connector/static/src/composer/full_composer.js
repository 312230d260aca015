import { MailComposerAttachmentList } from "@mail/core/web/mail_composer_attachment_list";
import { MailComposerFormController } from "@mail/chatter/web/mail_composer_form";

import { Component, useState } from "@odoo/owl";
import { x2ManyCommands } from "@web/core/orm_service";
import { registry } from "@web/core/registry";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { ViberComposerLine } from "./composer_line";
import { askAboutMention, findColleagues, findMentions } from "./mention_dialog";

/**
 * @param {Object} record of the full composer
 * @returns the record it writes in, if that is a conversation
 */
function threadOf(store, record) {
    const { model, res_ids: ids } = record.data;
    const [id] = JSON.parse(ids || "[]");
    if (!model || !id) {
        return undefined;
    }
    const thread = store.Thread.insert({ model, id });
    // Opened from a message, as by Reply All, it has nothing of ours in its context.
    return record.context.viber_composer || thread.isViber ? thread : undefined;
}

/** The line of the full composer. */
export class ViberFullComposerLine extends Component {
    static components = { ViberComposerLine };
    static props = { ...standardWidgetProps };
    static template = "viber_connector.FullComposerLine";

    setup() {
        this.orm = useService("orm");
        this.store = useService("mail.store");
        this.state = useState({ info: undefined, isNote: false });
        this.asked = undefined;
        useRecordObserver((record) => {
            this.state.isNote = Boolean(record.data.subtype_is_log);
            this.load(record);
        });
    }

    async load(record) {
        const thread = threadOf(this.store, record);
        const named = [...record.data.partner_ids.currentIds];
        const asked = named.join();
        if (!thread || record.data.subtype_is_log || asked === this.asked) {
            return;
        }
        this.asked = asked;
        const info = await this.orm.silent
            .call(thread.model, "viber_composer_info", [[thread.id], named])
            .catch(() => undefined);
        if (asked === this.asked) {
            this.state.info = info;
        }
    }
}

registry.category("view_widgets").add("viber_composer_line", {
    component: ViberFullComposerLine,
});

patch(MailComposerFormController.prototype, {
    setup() {
        super.setup();
        this.viberStore = useService("mail.store");
        this.viberDialog = useService("dialog");
    },

    async beforeExecuteActionButton({ name }) {
        const isSending = ["action_send_mail", "action_schedule_message"].includes(name);
        if (isSending && !(await this.askViberMention())) {
            return false;
        }
        return super.beforeExecuteActionButton(...arguments);
    },

    /** @returns {Promise<boolean>} whether to go on */
    async askViberMention() {
        const record = this.model.root;
        const { composition_comment_option: kind, subtype_is_log: isNote } = record.data;
        // What is forwarded goes to those who are named, and to no follower.
        if (!threadOf(this.viberStore, record) || isNote || kind === "forward") {
            return true;
        }
        // The editor hands over what was typed.
        await record.isDirty();
        const { partners, roles } = findMentions(record.data.body);
        const ids = partners.map(({ id }) => id);
        const colleagues = await findColleagues(this.orm, ids, this.viberStore.self.id);
        const names = [...colleagues, ...roles].map(({ name }) => name);
        if (!names.length) {
            return true;
        }
        const choice = await askAboutMention(this.viberDialog, names);
        if (choice === "note") {
            await this.makeViberNote(colleagues);
        }
        return Boolean(choice);
    },

    /** A note is for the colleagues alone, not for whom else it was to go to. */
    async makeViberNote(colleagues) {
        const { id, display_name } = this.viberStore.mt_note;
        await this.model.root.update({
            subtype_id: { id, display_name },
            partner_ids: [x2ManyCommands.set(colleagues.map((colleague) => colleague.id))],
        });
    },
});

patch(MailComposerAttachmentList.prototype, {
    setup() {
        super.setup();
        this.viberComposer = useService("viber_connector.composer");
        useRecordObserver((record) => {
            const thread = threadOf(this.mailStore, record);
            const ids = [...record.data.attachment_ids.currentIds];
            if (thread?.viberInfo?.channel === "viber" && ids.length) {
                this.viberComposer.loadFiles(thread.model, thread.id, ids);
            }
        });
    },

    /** @returns {string} as what a file leaves for Viber */
    viberFate(fileId) {
        const { record } = this.props;
        const isFor = record.context.viber_composer && !record.data.subtype_is_log;
        return (isFor && this.mailStore["ir.attachment"].get(fileId)?.viberFate) || "";
    },
});
