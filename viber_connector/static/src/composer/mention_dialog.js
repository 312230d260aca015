import { Component } from "@odoo/owl";

import { Dialog } from "@web/core/dialog/dialog";
import { _t } from "@web/core/l10n/translation";
import { createDocumentFragmentFromContent } from "@web/core/utils/html";

/** A text for the customer mentions a colleague: is it meant for both? */
export class ViberMentionDialog extends Component {
    static components = { Dialog };
    static template = "viber_connector.MentionDialog";
    static props = {
        close: Function,
        colleagues: { type: Array, element: String },
        decide: Function,
    };

    get title() {
        return _t("Is this for the customer, too?");
    }

    get question() {
        return _t(
            "You mention %(names)s. Sent as it is, the customer reads this text, too. " +
                "As a note it stays inside, and only your colleagues are told.",
            { names: this.props.colleagues.join(", ") }
        );
    }

    choose(choice) {
        this.props.decide(choice);
        this.props.close();
    }
}

/**
 * @param {Object} dialog the dialog service
 * @param {string[]} colleagues who are mentioned
 * @returns {Promise<"send"|"note"|false>} what the agent wants
 */
export function askAboutMention(dialog, colleagues) {
    return new Promise((resolve) => {
        dialog.add(
            ViberMentionDialog,
            { colleagues, decide: resolve },
            { onClose: () => resolve(false) }
        );
    });
}

/**
 * Whom a composed text mentions, told by its links: what else the client knows of them is
 * gone after a reload, or when the text comes back from the full composer.
 *
 * @param {string|ReturnType<import("@odoo/owl").markup>} html
 * @returns {{partners: Object[], roles: Object[]}} `id` and `name` of each
 */
export function findMentions(html) {
    // Of a document of its own, in which nothing is loaded or run.
    const { body } = createDocumentFragmentFromContent(html);
    const find = (model) =>
        [...body.querySelectorAll(`a[data-oe-model='${model}']`)].map((link) => ({
            id: Number(link.dataset.oeId),
            name: link.textContent.replace(/^@/, ""),
        }));
    return { partners: find("res.partner"), roles: find("res.role") };
}

/**
 * The client may know a contact by a message or as a follower, and not whether it is an
 * employee: the server does.
 *
 * @param {Object} orm the ORM service
 * @param {number[]} partnerIds who are mentioned
 * @param {number} ownId the agent's contact, who need not be asked about
 * @returns {Promise<Object[]>} `id` and `name` of the employees among them
 */
export async function findColleagues(orm, partnerIds, ownId) {
    const ids = partnerIds.filter((id) => id !== ownId);
    if (!ids.length) {
        return [];
    }
    return orm.searchRead(
        "res.partner",
        [
            ["id", "in", ids],
            ["partner_share", "=", false],
        ],
        ["name"]
    );
}
