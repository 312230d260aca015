import { _t } from "@web/core/l10n/translation";

/**
 * What the composer says of where a text goes.
 *
 * @typedef {Object} ViberInfo what `viber_composer_info()` of the record tells
 * @property {"viber"|"email"|"none"} channel
 * @property {string[]} recipients whom it reaches by that channel
 * @property {string[]} others whom it reaches by e-mail beside Viber
 * @property {string[]} lost whom it does not reach
 * @property {number[]} told contacts who get it as followers
 * @property {string} sender as whom
 * @property {string|false} warning why it does not reach the customer, or waits
 * @property {boolean} waits
 */

/**
 * @param {string[]} names
 * @param {(name: string) => any} mark what to make of a name
 * @returns the names, all but the first two counted
 */
function enumerate(names, mark) {
    const [first, second] = names;
    if (names.length > 2) {
        return _t("%(name)s and %(count)s others", {
            name: mark(first),
            count: names.length - 1,
        });
    }
    if (names.length === 2) {
        return _t("%(first)s and %(second)s", { first: mark(first), second: mark(second) });
    }
    return mark(first);
}

/**
 * @param {ViberInfo} info
 * @param {(name: string) => any} [mark] what to make of a name
 * @returns the line above the composer
 */
export function whereTo(info, mark = (name) => name) {
    if (info.channel === "none") {
        return _t("Reaches nobody outside");
    }
    const names = enumerate(info.recipients, mark);
    if (info.channel === "email") {
        return _t("By e-mail to %(names)s", { names });
    }
    const words = { names, sender: mark(info.sender) };
    if (info.others.length === 1) {
        return _t("To %(names)s in Viber, as %(sender)s, and to %(other)s by e-mail", {
            ...words,
            other: mark(info.others[0]),
        });
    }
    if (info.others.length) {
        return _t("To %(names)s in Viber, as %(sender)s, and %(count)s others by e-mail", {
            ...words,
            count: info.others.length,
        });
    }
    return _t("To %(names)s in Viber, as %(sender)s", words);
}

/**
 * @param {ViberInfo} info
 * @returns {string} what stands in the empty composer
 */
export function placeholder(info) {
    if (info.channel === "none") {
        return _t("This reaches nobody outside…");
    }
    const names = enumerate(info.recipients, (name) => name);
    return info.channel === "email"
        ? _t("Write to %(names)s by e-mail…", { names })
        : _t("Write to %(names)s in Viber…", { names });
}

/**
 * @param {ViberInfo} info
 * @returns {string} why it waits, or does not reach all; may be empty
 */
export function caution(info) {
    if (info.warning) {
        return info.warning;
    }
    return info.lost.length
        ? _t("It does not reach %(names)s.", {
              names: enumerate(info.lost, (name) => name),
          })
        : "";
}
