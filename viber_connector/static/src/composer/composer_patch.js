import { Composer } from "@mail/core/common/composer";

import { toRaw, useEffect } from "@odoo/owl";
import { useService } from "@web/core/utils/hooks";
import { patch } from "@web/core/utils/patch";
import { _t } from "@web/core/l10n/translation";

import { placeholder, whereTo } from "./composer_words";
import { askAboutMention, findColleagues, findMentions } from "./mention_dialog";

patch(Composer.prototype, {
    setup() {
        super.setup();
        this.viberComposer = useService("viber_connector.composer");
        this.isViberAsking = false;
        /** Of a text that becomes a note: the contacts of those who are told. */
        this.viberNoteFor = undefined;
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
        if (!this.viberNoteFor) {
            return data;
        }
        // Nobody but the colleagues is told of it, whoever else is mentioned.
        const mentionedPartners = data.mentionedPartners.filter((partner) =>
            this.viberNoteFor.includes(partner.id)
        );
        return { ...data, isNote: true, mentionedPartners };
    },

    /** @returns {boolean} whether what is written may reach a customer */
    get isViberForCustomer() {
        if (this.props.type !== "message" || this.props.composer.message) {
            return false;
        }
        const { viberThread } = this;
        if (viberThread) {
            // As long as it is not known, it may.
            return (
                viberThread.viberInfo?.channel !== "none" ||
                this.viberComposer.isAsking(viberThread)
            );
        }
        // Answered from the messaging menu's inbox: of its record nothing else is here.
        return Boolean(this.props.composer.replyToMessage?.viber_by_customer);
    },

    /** @returns {Promise<{ids: number[], names: string[]}>} who of us are mentioned */
    async findViberColleagues() {
        const composer = toRaw(this.props.composer);
        const written = findMentions(composer.composerHtml);
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
            [...written.partners, ...partners].map(({ id }) => id),
            this.store.self.id
        );
        const names = [...colleagues, ...roles, ...written.roles].map(({ name }) => name);
        return { ids: colleagues.map(({ id }) => id), names: [...new Set(names)] };
    },

    async sendMessage() {
        const post = () => this.viberPost(() => super.sendMessage(...arguments));
        if (!this.isViberForCustomer || this.isSendButtonDisabled) {
            return post();
        }
        if (this.isViberAsking) {
            return;
        }
        this.isViberAsking = true;
        try {
            const { ids, names } = await this.findViberColleagues();
            const choice = names.length
                ? await askAboutMention(this.env.services.dialog, names)
                : "send";
            if (choice) {
                this.viberNoteFor = choice === "note" ? ids : undefined;
                return await post();
            }
        } finally {
            this.isViberAsking = false;
            this.viberNoteFor = undefined;
        }
    },

    /** Drafts stay in their places while one of them is being posted. */
    async viberPost(post) {
        const { thread } = this;
        if (!thread?.isViber || thread.viberPosting) {
            return post();
        }
        thread.viberPosting = post();
        try {
            return await thread.viberPosting;
        } catch (error) {
            // Odoo would never let this text be sent again.
            this.state.active = true;
            throw error;
        } finally {
            thread.viberPosting = undefined;
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
