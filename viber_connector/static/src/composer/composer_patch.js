import { Composer } from "@mail/core/common/composer";

import { toRaw, useEffect } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";

import { placeholder, whereTo } from "./composer_words";
import { askAboutMention, findColleagues } from "./mention_dialog";

patch(Composer.prototype, {
    setup() {
        super.setup();
        this.viberComposer = useService("viber_connector.composer");
        this.isViberNote = false;
        this.isViberAsking = false;
        useEffect(
            (thread, ids) => {
                if (thread && ids) {
                    const fileIds = ids.split(",").map(Number);
                    this.viberComposer.loadFiles(thread.model, thread.id, fileIds);
                }
            },
            () => [
                this.viberThread,
                this.viberThread ? this.viberFiles.map((file) => file.id).join() : "",
            ]
        );
    },

    /** @returns the record, if what is written here is for Viber or its customer */
    get viberThread() {
        const isMessage = this.props.type === "message" && !this.props.composer.message;
        return isMessage && this.thread?.isViber ? this.thread : undefined;
    },

    /** @returns {Object[]} the files that leave for Viber */
    get viberFiles() {
        return this.viberThread?.viberInfo?.channel === "viber"
            ? this.props.composer.attachments.filter((file) => !file.uploading)
            : [];
    },

    get placeholder() {
        const info = this.viberThread?.viberInfo;
        return info && !this.props.placeholder ? placeholder(info) : super.placeholder;
    },

    get postData() {
        const data = super.postData;
        return this.isViberNote ? { ...data, isNote: true } : data;
    },

    /** @returns {Promise<string[]>} names of the employees whom the text mentions */
    async findViberColleagues() {
        const composer = toRaw(this.props.composer);
        const { partners = [], roles = [] } = this.store.getMentionsFromText(
            composer.composerText,
            {
                mentionedChannels: composer.mentionedChannels,
                mentionedPartners: composer.mentionedPartners,
                mentionedRoles: composer.mentionedRoles,
                thread: this.thread,
            }
        );
        const colleagues = await findColleagues(
            this.env.services.orm,
            partners.map((partner) => partner.id),
            this.store.self.id
        );
        return [...colleagues, ...roles].map(({ name }) => name);
    },

    async sendMessage() {
        const { viberThread } = this;
        // As long as it is not known, it may be for the customer.
        const isForCustomer = viberThread && viberThread.viberInfo?.channel !== "none";
        if (!isForCustomer || this.isSendButtonDisabled) {
            return super.sendMessage(...arguments);
        }
        if (this.isViberAsking) {
            return;
        }
        this.isViberAsking = true;
        const { composer } = this.props;
        try {
            const colleagues = await this.findViberColleagues();
            const choice = colleagues.length
                ? await askAboutMention(this.env.services.dialog, colleagues)
                : "send";
            // Another record may be open here by now.
            if (choice && composer.eq(this.props.composer)) {
                this.isViberNote = choice === "note";
                return await super.sendMessage(...arguments);
            }
        } finally {
            this.isViberAsking = false;
            this.isViberNote = false;
        }
    },

    get fullComposerAdditionalContext() {
        const context = super.fullComposerAdditionalContext;
        if (!this.thread?.isViber) {
            return context;
        }
        const info = this.viberThread?.viberInfo;
        if (info) {
            // Who gets it as a follower need not be named.
            context.default_partner_ids = this.thread.viberNamed
                .map(({ partner_id }) => partner_id)
                .filter((id) => id && !info.told.includes(id));
        }
        return { ...context, viber_composer: true };
    },

    async onClickFullComposer() {
        if (!this.thread?.isViber) {
            return super.onClickFullComposer(...arguments);
        }
        const info = this.viberThread?.viberInfo;
        const note = _t("Log note: stays inside");
        const name = this.props.type === "note" ? note : info && whereTo(info);
        return this.callTitled(name, () => super.onClickFullComposer(...arguments));
    },

    /** Odoo gives the title to an action that it makes and opens in one go. */
    async callTitled(name, open) {
        const { env } = this;
        if (!name) {
            return open();
        }
        const { action } = env.services;
        const doAction = (request, options) =>
            action.doAction({ ...request, name }, options);
        // The environment is frozen: what stands in front of it has to be defined.
        const titled = Object.create(action, { doAction: { value: doAction } });
        const services = Object.create(env.services, { action: { value: titled } });
        this.env = Object.create(env, { services: { value: services } });
        try {
            return await open();
        } finally {
            this.env = env;
        }
    },
});
