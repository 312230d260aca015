import { MailComposerAttachmentList } from "@mail/core/web/mail_composer_attachment_list";
import { MailComposerFormController } from "@mail/chatter/web/mail_composer_form";

import { Component, useState } from "@odoo/owl";
import { x2ManyCommands } from "@web/core/orm_service";
import { registry } from "@web/core/registry";
import { createElementWithContent } from "@web/core/utils/html";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { useRecordObserver } from "@web/model/relational_model/utils";
import { standardWidgetProps } from "@web/views/widgets/standard_widget_props";

import { ViberComposerLine } from "./composer_line";
import { askAboutMention, findColleagues } from "./mention_dialog";

/**
 * @param {Object} record of the full composer
 * @returns the record it writes in, if that is a conversation
 */
function threadOf(store, record) {
    const { model, res_ids: ids } = record.data;
    if (!record.context.viber_composer || !model) {
        return undefined;
    }
    const [id] = JSON.parse(ids || "[]");
    return id && store.Thread.insert({ model, id });
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
        if (!threadOf(this.viberStore, record) || record.data.subtype_is_log) {
            return true;
        }
        // The editor hands over what was typed.
        await record.isDirty();
        const colleagues = await this.viberColleagues(record.data.body);
        if (!colleagues.length) {
            return true;
        }
        const names = colleagues.map(({ name }) => name);
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

    /** @returns {Promise<Object[]>} the employees whom a text mentions */
    async viberColleagues(body) {
        const links = createElementWithContent("div", body).querySelectorAll(
            "a[data-oe-model='res.partner']"
        );
        const ids = [...links].map((link) => Number(link.dataset.oeId));
        return findColleagues(this.orm, ids, this.viberStore.self.id);
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
