import { markup } from "@odoo/owl";

import { createDocumentFragmentFromContent } from "@web/core/utils/html";

const BLOCKS = "p, div, ul, ol, li, blockquote, pre, h1, h2, h3, h4, h5, h6";
/** What Odoo puts into a message by itself, and would put there once more. */
const ADDED = ".o-mail-Message-edited, .o-signature-container";

/**
 * A message as it was before it was posted. The small composer knows lines, no blocks:
 * the words of two paragraphs would run together there.
 *
 * @param {String} html of the message, from the server
 * @returns {ReturnType<markup>}
 */
export function asComposed(html) {
    // Markup: the server has cleaned the message's body.
    const { body } = createDocumentFragmentFromContent(markup(html));
    for (const el of body.querySelectorAll(ADDED)) {
        el.remove();
    }
    for (const block of body.querySelectorAll(BLOCKS)) {
        if (block.nodeName === "LI") {
            block.prepend("- ");
        }
        separate(block, block.previousSibling, "before");
        // An empty line is a block with nothing but a break.
        if (block.lastChild?.nodeName !== "BR") {
            separate(block, block.nextSibling, "after");
        }
        block.replaceWith(...block.childNodes);
    }
    // Markup: cleaned by the server, see above, and nothing was added.
    return markup(body.innerHTML.trim());
}

function separate(block, sibling, side) {
    if (sibling && sibling.nodeName !== "BR") {
        block[side](document.createElement("br"));
    }
}
